package io.heddle.proxy.filters.adaptiveconcurrency;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts durations in buckets of which each is at most a thirty-second wider than where it begins.
 * Safe on every thread; what is counted while it is read or cleared belongs to one side or the
 * other.
 */
final class LatencyHistogram {
  private static final int BITS = 5;
  private static final int PER_OCTAVE = 1 << BITS;

  /** Up to twelve days in microseconds; what is longer is counted as that. */
  private static final int OCTAVES = 40 - BITS;

  private static final int BUCKETS = (OCTAVES + 1) * PER_OCTAVE;

  private final AtomicLongArray buckets = new AtomicLongArray(BUCKETS + 1);

  /** Counts one of so many microseconds, at least 0. */
  void record(long micros) {
    buckets.getAndIncrement(bucket(micros));
    buckets.getAndIncrement(BUCKETS);
  }

  /** How many there are. */
  long count() {
    return buckets.get(BUCKETS);
  }

  /** The duration that such a share of them is not longer than, in microseconds; 0 for none. */
  double quantile(double share) {
    long total = 0;
    for (int i = 0; i < BUCKETS; i++) {
      total += buckets.get(i);
    }
    if (total == 0) {
      return 0;
    }
    double wanted = Math.max(Double.MIN_NORMAL, share * total);
    long before = 0;
    for (int i = 0; i < BUCKETS; i++) {
      long here = buckets.get(i);
      if (here > 0 && before + here >= wanted) {
        return from(i) + (from(i + 1) - from(i)) * (wanted - before) / here;
      }
      before += here;
    }
    return from(BUCKETS);
  }

  /** Forgets all. */
  void clear() {
    for (int i = 0; i <= BUCKETS; i++) {
      buckets.set(i, 0);
    }
  }

  private static int bucket(long micros) {
    if (micros < PER_OCTAVE) {
      return (int) Math.max(0, micros);
    }
    int octave = 63 - Long.numberOfLeadingZeros(micros) - BITS;
    return octave >= OCTAVES
        ? BUCKETS - 1
        : (octave + 1) * PER_OCTAVE + (int) (micros >>> octave) - PER_OCTAVE;
  }

  /** Where a bucket begins. */
  private static long from(int bucket) {
    if (bucket < PER_OCTAVE) {
      return bucket;
    }
    int octave = bucket / PER_OCTAVE - 1;
    return (long) (PER_OCTAVE + bucket % PER_OCTAVE) << octave;
  }
}
