package io.heddle.proxy.engine.balance;

import io.heddle.proxy.engine.stats.LoopStats;
import java.util.SplittableRandom;

/** The event loop on which a host is chosen, as balancers see it. */
public interface BalanceLoop {
  /** The loop's own source of randomness. */
  SplittableRandom random();

  /** The loop's cells. */
  LoopStats stats();

  /** Monotonic nanoseconds when the present turn began. */
  long turnNanos();
}
