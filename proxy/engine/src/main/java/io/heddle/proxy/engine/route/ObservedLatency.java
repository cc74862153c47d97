package io.heddle.proxy.engine.route;

/**
 * How long the latest requests of one event loop took: buckets of which each is at most a sixteenth
 * wider than where it begins, halved now and then so that what is old counts ever less. Owned by
 * the loop.
 */
public final class ObservedLatency {
  private static final int BITS = 4;
  private static final int PER_OCTAVE = 1 << BITS;
  private static final int OCTAVES = 36 - BITS;
  private static final int BUCKETS = (OCTAVES + 1) * PER_OCTAVE;

  /** After so many the older ones count half. */
  private static final int HALVE_AT = 4_096;

  /** A quantile is good for so many more. */
  private static final int COMPUTE_EVERY = 32;

  private final int[] buckets = new int[BUCKETS];
  private final double share;
  private int total;
  private long seen;
  private long computedAt = Long.MIN_VALUE;
  private long quantileNanos;

  /** Nothing seen yet; of what was, so large a share is to be below {@link #quantileNanos}. */
  ObservedLatency(double share) {
    this.share = share;
  }

  /** A request took so long. */
  public void record(long nanos) {
    buckets[bucket(Math.max(0, nanos / 1_000))]++;
    total++;
    seen++;
    if (total >= HALVE_AT) {
      total = 0;
      for (int i = 0; i < BUCKETS; i++) {
        buckets[i] >>= 1;
        total += buckets[i];
      }
    }
  }

  /** How many there were. */
  long seen() {
    return seen;
  }

  /** The time below which that share of them was. */
  long quantileNanos() {
    if (seen - computedAt >= COMPUTE_EVERY || computedAt < 0) {
      computedAt = seen;
      quantileNanos = 1_000 * compute();
    }
    return quantileNanos;
  }

  private long compute() {
    long wanted = (long) Math.ceil(share * total);
    long before = 0;
    for (int i = 0; i < BUCKETS; i++) {
      before += buckets[i];
      if (before >= wanted) {
        return from(i + 1);
      }
    }
    return from(BUCKETS);
  }

  private static int bucket(long micros) {
    if (micros < PER_OCTAVE) {
      return (int) micros;
    }
    int octave = 63 - Long.numberOfLeadingZeros(micros) - BITS;
    return octave >= OCTAVES
        ? BUCKETS - 1
        : (octave + 1) * PER_OCTAVE + (int) (micros >>> octave) - PER_OCTAVE;
  }

  private static long from(int bucket) {
    if (bucket < PER_OCTAVE) {
      return bucket;
    }
    int octave = bucket / PER_OCTAVE - 1;
    return (long) (PER_OCTAVE + bucket % PER_OCTAVE) << octave;
  }
}
