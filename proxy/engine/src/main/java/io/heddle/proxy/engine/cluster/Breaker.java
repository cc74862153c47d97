package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.stats.ScalarStat;
import java.util.concurrent.atomic.AtomicLong;

/** A bound on how many there may be at once, exact over all event loops. Safe on every thread. */
public final class Breaker {
  private final AtomicLong used = new AtomicLong();
  private final ScalarStat open;
  private volatile long max;

  Breaker(long max, ScalarStat open) {
    this.max = max;
    this.open = open;
    if (max == 0) {
      open.add(1);
    }
  }

  synchronized void max(long value) {
    boolean was = used.get() >= max;
    max = value;
    boolean is = used.get() >= value;
    if (was != is) {
      open.add(is ? 1 : -1);
    }
  }

  /** Takes one, if there is one left. */
  public boolean tryAcquire() {
    long limit = max;
    long now = used.incrementAndGet();
    if (now > limit) {
      used.decrementAndGet();
      return false;
    }
    if (now == limit) {
      open.add(1);
    }
    return true;
  }

  /** Gives one back. */
  public void release() {
    if (used.getAndDecrement() == max) {
      open.add(-1);
    }
  }

  /** How many are taken. */
  public long used() {
    return used.get();
  }
}
