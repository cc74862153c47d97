package io.heddle.proxy.engine.connection;

import io.heddle.proxy.engine.DrainPlan;
import io.heddle.proxy.engine.DrainPlan.Strategy;
import java.util.SplittableRandom;

/** A drain that has begun. Immutable. */
record DrainClock(DrainPlan plan, long startNanos) {
  /** Whether a response of this moment should be the last of its connection. */
  boolean closes(long nowNanos, SplittableRandom random) {
    if (plan.strategy() == Strategy.IMMEDIATE) {
      return true;
    }
    long over = plan.over().toNanos();
    long passed = nowNanos - startNanos;
    return passed >= over
        || (plan.strategy() == Strategy.GRADUAL && passed > 0 && random.nextLong(over) < passed);
  }

  /** Nanoseconds until idle connections are closed. */
  long untilIdle(long nowNanos) {
    return Math.max(0, startNanos + plan.over().toNanos() - nowNanos);
  }

  /** Nanoseconds until what is left is cut off. */
  long untilCut(long nowNanos, boolean tunnels) {
    long grace = (tunnels ? plan.tunnelGrace() : plan.grace()).toNanos();
    return untilIdle(nowNanos) + grace;
  }

  /** Whether this one ends sooner than another. */
  boolean before(DrainClock other) {
    return startNanos + plan.over().toNanos() - (other.startNanos + other.plan.over().toNanos()) < 0
        || (plan.strategy() == Strategy.IMMEDIATE && other.plan.strategy() != Strategy.IMMEDIATE);
  }
}
