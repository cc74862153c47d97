package io.heddle.cli.experiment;

/**
 * Counts times in buckets of at most a thirty-second of their value, from a microsecond to half an
 * hour. Guarded by its owner.
 */
final class LatencyHistogram {
  private static final int BITS = 5;
  private static final long MOST_MICROS = (1L << 31) - 1;
  private static final int BUCKETS = index(MOST_MICROS) + 1;

  private final int[] counts = new int[BUCKETS];
  private long total;

  private static int index(long micros) {
    int shift = Math.max(0, Long.SIZE - 1 - BITS - Long.numberOfLeadingZeros(micros));
    return (shift << BITS) + (int) (micros >> shift);
  }

  private static long most(int index) {
    int shift = Math.max(0, (index >> BITS) - 1);
    return ((index - ((long) shift << BITS) + 1) << shift) - 1;
  }

  void record(long nanos) {
    counts[index(Math.clamp(nanos / 1_000, 0, MOST_MICROS))]++;
    total++;
  }

  void add(LatencyHistogram other) {
    for (int i = 0; i < BUCKETS; i++) {
      counts[i] += other.counts[i];
    }
    total += other.total;
  }

  long total() {
    return total;
  }

  /**
   * Milliseconds within which that share of the times lie; zero where there are none.
   *
   * @param share above 0, to 1
   */
  double millis(double share) {
    long wanted = Math.max(1, (long) Math.ceil(share * total));
    long seen = 0;
    for (int i = 0; i < BUCKETS && total > 0; i++) {
      seen += counts[i];
      if (seen >= wanted) {
        return most(i) / 1_000.0;
      }
    }
    return 0;
  }
}
