package io.heddle.proxy.engine.frames;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a connection by number: open addressing with linear probing, at most half full.
 * Owned by the connection's loop.
 */
final class StreamMap<S> {
  private @Nullable FrameStream<S>[] slots = slots(16);
  private int size;

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static <S> @Nullable FrameStream<S>[] slots(int n) {
    return new FrameStream[n];
  }

  int size() {
    return size;
  }

  /** Numbers of streams are all odd or all even. */
  private int home(int id) {
    return id >>> 1 & slots.length - 1;
  }

  @Nullable FrameStream<S> get(int id) {
    int mask = slots.length - 1;
    for (int i = home(id); ; i = i + 1 & mask) {
      FrameStream<S> there = slots[i];
      if (there == null || there.id == id) {
        return there;
      }
    }
  }

  /** Adds one whose number is not there. */
  void put(FrameStream<S> stream) {
    if (2 * (size + 1) > slots.length) {
      @Nullable FrameStream<S>[] before = slots;
      slots = slots(2 * before.length);
      for (FrameStream<S> each : before) {
        if (each != null) {
          place(each);
        }
      }
    }
    place(stream);
    size++;
  }

  private void place(FrameStream<S> stream) {
    int i = home(stream.id);
    while (slots[i] != null) {
      i = i + 1 & slots.length - 1;
    }
    slots[i] = stream;
  }

  /** Removes one; whether it was there. */
  boolean remove(int id) {
    int mask = slots.length - 1;
    int hole = home(id);
    while (true) {
      FrameStream<S> there = slots[hole];
      if (there == null) {
        return false;
      }
      if (there.id == id) {
        break;
      }
      hole = hole + 1 & mask;
    }
    // Whoever was pushed on from the hole or from before it moves up.
    for (int i = hole + 1 & mask; ; i = i + 1 & mask) {
      FrameStream<S> next = slots[i];
      if (next == null) {
        break;
      }
      if ((i - home(next.id) & mask) >= (i - hole & mask)) {
        slots[hole] = next;
        hole = i;
      }
    }
    slots[hole] = null;
    size--;
    return true;
  }

  /** All that are there now, to be walked while some go. */
  List<FrameStream<S>> all() {
    List<FrameStream<S>> all = new ArrayList<>(size);
    for (FrameStream<S> each : slots) {
      if (each != null) {
        all.add(each);
      }
    }
    return all;
  }
}
