package io.heddle.proxy.filters.shed;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many requests a service can have at once without them waiting for each other: as many as it
 * answered in its best slice of time, for as long as one took in its quickest (Little's law, with
 * BBR's way of taking the bottleneck's rate and the path's delay from the best that was seen).
 *
 * <p>Shared by all event loops, without a lock. Answers are counted into slices of time of which
 * those of one window are kept. What is counted just when a slice is begun anew may be lost, which
 * changes an estimate by one request.
 */
final class Capacity {
  /** Slices that a window has. */
  static final int SLICES = 100;

  private static final double NANOS = 1e9;

  private final long sliceNanos;
  private final AtomicInteger underWay = new AtomicInteger();

  /** The number of the slice that each place holds, and its answers with the time they took. */
  private final AtomicLongArray numbers = new AtomicLongArray(SLICES);

  private final AtomicLongArray answers = new AtomicLongArray(SLICES);
  private final AtomicLongArray micros = new AtomicLongArray(SLICES);
  private final AtomicBoolean computing = new AtomicBoolean();
  private final long originNanos;

  /** The slice in which the most was computed last. */
  private volatile long computedIn = -1;

  private volatile double most = Double.POSITIVE_INFINITY;

  /**
   * Nothing known.
   *
   * @param windowNanos of which the best counts
   */
  Capacity(long windowNanos, long nowNanos) {
    sliceNanos = Math.max(1, windowNanos / SLICES);
    originNanos = nowNanos;
    for (int i = 0; i < SLICES; i++) {
      numbers.set(i, -1);
    }
  }

  /** A request is let go; who calls this calls {@link #answered} or {@link #gone} once. */
  void began() {
    underWay.incrementAndGet();
  }

  /** It was answered after so long. */
  void answered(long tookNanos, long nowNanos) {
    underWay.decrementAndGet();
    long number = number(nowNanos);
    int place = (int) (number % SLICES);
    long seen = numbers.get(place);
    if (seen < number && numbers.compareAndSet(place, seen, number)) {
      answers.set(place, 0);
      micros.set(place, 0);
    }
    answers.getAndIncrement(place);
    micros.getAndAdd(place, Math.max(1, tookNanos / 1_000));
  }

  /** It ended without an answer, of which nothing is learned. */
  void gone() {
    underWay.decrementAndGet();
  }

  /** Requests under way. */
  int underWay() {
    return underWay.get();
  }

  /** How many there can be; without end while nothing is known. */
  double most(long nowNanos) {
    long number = number(nowNanos);
    if (number != computedIn && computing.compareAndSet(false, true)) {
      try {
        most = compute(number);
        computedIn = number;
      } finally {
        computing.set(false);
      }
    }
    return most;
  }

  private double compute(long present) {
    long mostAnswers = 0;
    double leastMicros = Double.POSITIVE_INFINITY;
    for (int i = 0; i < SLICES; i++) {
      long number = numbers.get(i);
      long here = answers.get(i);
      // The present slice is not whole.
      if (number >= 0 && number < present && number > present - SLICES && here > 0) {
        mostAnswers = Math.max(mostAnswers, here);
        leastMicros = Math.min(leastMicros, (double) micros.get(i) / here);
      }
    }
    return mostAnswers == 0
        ? Double.POSITIVE_INFINITY
        : Math.max(1, mostAnswers * (NANOS / sliceNanos) * leastMicros / 1e6);
  }

  private long number(long nowNanos) {
    return (nowNanos - originNanos) / sliceNanos;
  }
}
