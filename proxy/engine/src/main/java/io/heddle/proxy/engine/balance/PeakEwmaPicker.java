package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.LbPolicy.PeakEwma;

/**
 * Of some hosts drawn at random the one with the least expected wait for its weight: latency times
 * the requests under way and this one.
 */
final class PeakEwmaPicker implements HostPicker {
  private final BalancedHost[] hosts;
  private final int choices;
  private final long decayNanos;
  private final double initialNanos;

  PeakEwmaPicker(BalancedHost[] hosts, PeakEwma policy) {
    this.hosts = hosts;
    this.choices = policy.choiceCount();
    this.decayNanos = policy.decay().toNanos();
    this.initialNanos = policy.initialLatency().toNanos();
  }

  @Override
  public int pick(BalanceLoop loop, BalanceContext context) {
    long now = loop.turnNanos();
    int best = loop.random().nextInt(hosts.length);
    double cost = cost(best, now);
    for (int i = 1; i < choices; i++) {
      // Another one than the best so far: two draws of the same host would be no choice.
      int other = loop.random().nextInt(hosts.length - 1);
      other = other >= best ? other + 1 : other;
      double otherCost = cost(other, now);
      if (otherCost < cost) {
        best = other;
        cost = otherCost;
      }
    }
    return best;
  }

  private double cost(int index, long now) {
    BalancedHost host = hosts[index];
    double latency = host.load().latencyNanos(now, decayNanos, initialNanos);
    return latency * (host.activeRequests() + 1.0) / host.weight();
  }
}
