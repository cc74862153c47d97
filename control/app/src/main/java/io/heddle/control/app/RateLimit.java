package io.heddle.control.app;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Bounds how often each caller may ask: {@code burst} at once, then so many a second. For any
 * thread.
 *
 * <p>A caller's state is the moment at which it would have its whole burst again; asking moves that
 * moment on by a share of a second.
 */
final class RateLimit {
  private static final long SECOND = 1_000_000_000L;
  private static final int MOST_CALLERS = 10_000;

  private final LongSupplier nanoTime;
  private final long interval;
  private final long tolerance;

  /** Shared by those that come when there are too many to tell apart. */
  private static final String OTHERS = "";

  private final Map<String, AtomicLong> callers = new ConcurrentHashMap<>();

  RateLimit(LongSupplier nanoTime, int perSecond, int burst) {
    if (perSecond < 1 || burst < 1) {
      throw new IllegalArgumentException(
          "perSecond: " + perSecond + ", burst: " + burst + " (expected: >= 1)");
    }
    this.nanoTime = nanoTime;
    this.interval = SECOND / perSecond;
    this.tolerance = interval * burst;
  }

  boolean admits(String caller) {
    long now = nanoTime.getAsLong();
    if (callers.size() >= MOST_CALLERS) {
      // Those that have their whole burst again are not told from those that never asked.
      callers.values().removeIf(full -> full.get() - now <= 0);
    }
    AtomicLong full = callers.get(caller);
    if (full == null) {
      String known = callers.size() < MOST_CALLERS ? caller : OTHERS;
      full = callers.computeIfAbsent(known, c -> new AtomicLong(now));
    }
    while (true) {
      long at = full.get();
      long next = (at - now > 0 ? at : now) + interval;
      if (next - now > tolerance) {
        return false;
      }
      if (full.compareAndSet(at, next)) {
        return true;
      }
    }
  }
}
