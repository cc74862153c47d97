package io.heddle.proxy.engine.stats;

import io.heddle.proxy.api.StatsScope;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A distribution in logarithmic buckets, 16 to a power of two: exact below 32, within 6.25 % above,
 * up to 2^32-1. The buckets of a loop are made when it first records.
 */
public final class HistogramStat implements StatsScope.Histogram {
  static final int BUCKETS = 29 * 16;
  private static final int SUM = BUCKETS;
  private static final long LARGEST = (1L << 32) - 1;
  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle ROW = MethodHandles.arrayElementVarHandle(long[][].class);

  final StatName name;
  private final StatsRegistry registry;
  private final long[][] rows;
  private final double[] bounds;
  final boolean shown;
  private volatile long @Nullable [] base; // As it was at the last reset; null before the first.

  HistogramStat(StatsRegistry registry, StatName name, double[] bounds, boolean shown) {
    this.registry = registry;
    this.name = name;
    this.bounds = bounds;
    this.shown = shown;
    this.rows = new long[registry.loops.length + 1][];
  }

  @Override
  public void record(long value) {
    LoopStats cells = LoopThread.statsOf(registry);
    if (cells == registry.shared) {
      synchronized (this) {
        record(cells, value);
      }
    } else {
      record(cells, value);
    }
  }

  /** Records on the loop that owns these cells. */
  public void record(LoopStats loop, long value) {
    long[] row = rows[loop.index];
    if (row == null) {
      row = new long[BUCKETS + 1];
      ROW.setRelease(rows, loop.index, row);
    }
    long bounded = Math.clamp(value, 0, LARGEST);
    int bucket = bucket(bounded);
    CELL.setOpaque(row, bucket, row[bucket] + 1);
    CELL.setOpaque(row, SUM, row[SUM] + bounded);
  }

  static int bucket(long value) {
    if (value < 32) {
      return (int) value;
    }
    int shift = 59 - Long.numberOfLeadingZeros(value);
    return (shift + 1) * 16 + (int) ((value >> shift) & 15);
  }

  /** The smallest value that falls into a bucket. */
  static long floor(int bucket) {
    return bucket < 32 ? bucket : (16L + (bucket & 15)) << (bucket / 16 - 1);
  }

  StatsSnapshot.Distribution read() {
    long[] now = total();
    long[] then = base;
    long[] counts = new long[BUCKETS];
    for (int b = 0; b < BUCKETS; b++) {
      counts[b] = then == null ? now[b] : now[b] - then[b];
    }
    long sum = then == null ? now[SUM] : now[SUM] - then[SUM];
    return new StatsSnapshot.Distribution(name, counts, sum, bounds);
  }

  void reset() {
    base = total();
  }

  private long[] total() {
    long[] sums = new long[BUCKETS + 1];
    for (int i = 0; i < rows.length; i++) {
      long[] row = (long[]) ROW.getAcquire(rows, i);
      if (row != null) {
        for (int b = 0; b <= SUM; b++) {
          sums[b] += (long) CELL.getOpaque(row, b);
        }
      }
    }
    return sums;
  }
}
