package io.heddle.proxy.engine.balance;

import java.util.SplittableRandom;

/** Chooses among the hosts that it was made with. Owned by one event loop. */
public interface Balancer {
  /**
   * Index of the chosen host, or -1 where none will do.
   *
   * @param context what is known of the attempt; read before this returns, and not kept
   */
  int choose(SplittableRandom random, BalanceContext context);
}
