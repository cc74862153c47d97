package io.heddle.proxy.filters.tokenbucket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A token bucket shared by all event loops, without a lock. Full at first; tokens come evenly, as
 * with Envoy: {@code perFill} in every interval, up to {@code max}, and a half may be there.
 *
 * <p>All its state is one number, so that one compare-and-set moves it: the moment at which the
 * bucket would have been empty had nothing been taken since. What has come in since is what is in
 * it.
 */
public final class TokenBucket {
  private static final VarHandle CELLS = MethodHandles.arrayElementVarHandle(long[].class);

  /** The middle of an array of two cache lines: no other data shares the line. */
  private static final int CELL = 8;

  private final BucketSize size;
  private final double nanosPerToken;
  private final long startNanos;

  /** The bits of a double: nanoseconds since the start. */
  private final long[] cells = new long[2 * CELL];

  /** A full bucket. */
  public TokenBucket(BucketSize size, long nowNanos) {
    this.size = size;
    this.nanosPerToken = (double) size.intervalNanos() / size.perFill();
    this.startNanos = nowNanos;
    CELLS.setVolatile(cells, CELL, Double.doubleToRawLongBits(-size.max() * nanosPerToken));
  }

  /** Takes a token if there is one. */
  public boolean tryTake(long nowNanos) {
    return tryTake(nowNanos, 1);
  }

  /**
   * Takes that many tokens if they are there, and otherwise none.
   *
   * @param tokens not negative
   */
  public boolean tryTake(long nowNanos, double tokens) {
    double now = nowNanos - startNanos;
    while (true) {
      long seen = (long) CELLS.getVolatile(cells, CELL);
      double have = held(now, Double.longBitsToDouble(seen));
      if (have < tokens) {
        return false;
      }
      double next = now - (have - tokens) * nanosPerToken;
      if (CELLS.compareAndSet(cells, CELL, seen, Double.doubleToRawLongBits(next))) {
        return true;
      }
    }
  }

  /** Below zero where a loop's clock is behind that of the one that took last. */
  private double held(double now, double empty) {
    return Math.min((double) size.max(), (now - empty) / nanosPerToken);
  }

  private double held(long nowNanos) {
    long seen = (long) CELLS.getVolatile(cells, CELL);
    return held((double) (nowNanos - startNanos), Double.longBitsToDouble(seen));
  }

  /** Whole tokens that are there. */
  public long remaining(long nowNanos) {
    return (long) Math.max(0, held(nowNanos));
  }

  /** Whole seconds until there is a token, as Envoy counts them: rounded down; 0 where one is. */
  public long resetSeconds(long nowNanos) {
    double missing = 1 - held(nowNanos);
    return missing <= 0 ? 0 : (long) Math.ceil(missing * nanosPerToken / 1e6) / 1000;
  }

  /** How large it is. */
  public BucketSize size() {
    return size;
  }
}
