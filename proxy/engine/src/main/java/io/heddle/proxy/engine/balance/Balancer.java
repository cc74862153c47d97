package io.heddle.proxy.engine.balance;

import org.jspecify.annotations.Nullable;

/** Chooses among the hosts that it was made with. Owned by one event loop, or immutable. */
@FunctionalInterface
public interface Balancer {
  /**
   * The chosen host, or null where none will do. Allocates nothing.
   *
   * @param context what is known of the attempt; read before this returns, and not kept
   */
  @Nullable BalancedHost choose(BalanceLoop loop, BalanceContext context);
}
