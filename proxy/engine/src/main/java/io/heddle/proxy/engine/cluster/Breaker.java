package io.heddle.proxy.engine.cluster;

import java.util.concurrent.atomic.AtomicLong;

/** A bound on how many there may be at once, exact over all event loops. Safe on every thread. */
public final class Breaker {
  private final AtomicLong used = new AtomicLong();
  private volatile long max;

  Breaker(long max) {
    this.max = max;
  }

  void max(long value) {
    max = value;
  }

  /** Takes one, if there is one left. */
  public boolean tryAcquire() {
    return tryAcquire(max);
  }

  /** The same with a bound that holds now. */
  boolean tryAcquire(long most) {
    while (true) {
      long now = used.get();
      // Looked at before it is taken: one too many, given back at once, could refuse another loop
      // the one that is left.
      if (now >= most) {
        return false;
      }
      if (used.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /** Gives one back. */
  public void release() {
    used.decrementAndGet();
  }

  /** How many are taken. */
  public long used() {
    return used.get();
  }

  /** How many more there may be. */
  long remaining() {
    return Math.max(0, max - used.get());
  }

  /** 1 while it refuses, else 0: what Envoy's {@code rq_open} and its like say. */
  long open() {
    return used.get() >= max ? 1 : 0;
  }
}
