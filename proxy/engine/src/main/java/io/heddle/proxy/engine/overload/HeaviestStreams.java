package io.heddle.proxy.engine.overload;

import java.util.ArrayList;
import java.util.List;

/**
 * Ends the streams of one loop that hold the most, in eight classes of which each begins at twice
 * the bytes of the one before: the stronger the pressure, the more classes. Used within one call on
 * the loop; as Envoy's {@code reset_high_memory_stream}.
 */
public final class HeaviestStreams {
  static final int CLASSES = 8;

  /** At most so many at a time, as ending streams costs time when there is least of it. */
  static final int MOST = 50;

  private final long from;
  private final List<List<HeavyStream>> classes = new ArrayList<>(CLASSES);

  /**
   * Nothing seen yet.
   *
   * @param from bytes of the lightest class, a power of two
   */
  public HeaviestStreams(long from) {
    this.from = from;
    for (int i = 0; i < CLASSES; i++) {
      classes.add(new ArrayList<>());
    }
  }

  /** Looks at a stream. */
  public void see(HeavyStream stream) {
    long bytes = stream.heldBytes();
    if (bytes >= from) {
      int place = 63 - Long.numberOfLeadingZeros(bytes / from);
      classes.get(Math.min(place, CLASSES - 1)).add(stream);
    }
  }

  /**
   * Ends them, the heaviest first.
   *
   * @param strength above 0, to 1
   * @return how many
   */
  public int end(double strength) {
    int many = Math.min((int) (strength * CLASSES) + 1, CLASSES);
    int ended = 0;
    for (int i = CLASSES - 1; i >= CLASSES - many; i--) {
      for (HeavyStream stream : classes.get(i)) {
        if (ended == MOST) {
          return ended;
        }
        stream.endForWeight();
        ended++;
      }
    }
    return ended;
  }
}
