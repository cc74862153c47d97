package io.heddle.proxy.filters.localratelimit;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A token bucket shared by all event loops, without a lock. Full at first; {@code perFill} tokens
 * come with every whole interval since it was made, up to {@code max}.
 *
 * <p>One long holds both the number of the interval last seen (upper half, wraps around) and the
 * tokens (lower half), so that one compare-and-set moves both.
 */
final class TokenBucket {
  private static final VarHandle CELLS = MethodHandles.arrayElementVarHandle(long[].class);

  /** The middle of an array of two cache lines: no other data shares the line. */
  private static final int CELL = 8;

  private static final long TOKENS = 0xffff_ffffL;

  private final long max;
  private final long perFill;
  private final long intervalNanos;
  private final long startNanos;
  private final long[] cells = new long[2 * CELL];

  /**
   * A full bucket.
   *
   * @param max 1 to 2³²−1
   * @param perFill 1 to 2³²−1
   * @param intervalNanos at least 50 ms, so that 32 bits of intervals last for years
   */
  TokenBucket(long max, long perFill, long intervalNanos, long nowNanos) {
    this.max = max;
    this.perFill = perFill;
    this.intervalNanos = intervalNanos;
    this.startNanos = nowNanos;
    CELLS.setVolatile(cells, CELL, max);
  }

  /** Takes a token if there is one. */
  boolean tryTake(long nowNanos) {
    int interval = (int) ((nowNanos - startNanos) / intervalNanos);
    while (true) {
      long seen = (long) CELLS.getVolatile(cells, CELL);
      int last = (int) (seen >>> 32);
      long tokens = seen & TOKENS;
      int passed = interval - last;
      if (passed > 0) {
        // Both factors are below 2³², the product below 2⁶³ as passed is below 2³¹.
        tokens = Math.min(max, tokens + passed * perFill);
        last = interval;
      }
      if (tokens == 0) {
        return false;
      }
      long next = ((long) last << 32) | (tokens - 1);
      if (CELLS.compareAndSet(cells, CELL, seen, next)) {
        return true;
      }
    }
  }
}
