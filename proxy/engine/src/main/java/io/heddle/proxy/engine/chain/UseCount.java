package io.heddle.proxy.engine.chain;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Frees something when nobody uses it any more: neither the configuration that it belongs to nor an
 * exchange that has begun with it. Safe on every thread.
 */
public final class UseCount {
  private final AtomicInteger users = new AtomicInteger(1);
  private final Runnable free;

  /** Begins with one user, the configuration. */
  public UseCount(Runnable free) {
    this.free = free;
  }

  /** One more user; false where the last has gone already. */
  public boolean tryUse() {
    int now = users.get();
    while (now > 0) {
      int seen = users.compareAndExchange(now, now + 1);
      if (seen == now) {
        return true;
      }
      now = seen;
    }
    return false;
  }

  /** One user less. */
  public void done() {
    if (users.decrementAndGet() == 0) {
      free.run();
    }
  }
}
