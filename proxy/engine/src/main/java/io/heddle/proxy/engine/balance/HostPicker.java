package io.heddle.proxy.engine.balance;

/** Picks among some hosts that are equally fit. Owned by one event loop. */
interface HostPicker {
  /** Index of the picked host, or -1 where none will do. */
  int pick(BalanceLoop loop, BalanceContext context);

  /** Makes pickers. Immutable. */
  @FunctionalInterface
  interface Factory {
    /** A picker over these hosts, of which there are at least two. */
    HostPicker over(BalancedHost[] hosts, BalanceLoop loop);
  }
}
