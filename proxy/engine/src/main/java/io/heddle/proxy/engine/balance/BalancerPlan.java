package io.heddle.proxy.engine.balance;

/**
 * What a policy has made of one set of hosts, off the event loops: tables and shares. Immutable and
 * shared by all loops.
 */
@FunctionalInterface
public interface BalancerPlan {
  /** The balancer of one loop; called on it. */
  Balancer onLoop(BalanceLoop loop);
}
