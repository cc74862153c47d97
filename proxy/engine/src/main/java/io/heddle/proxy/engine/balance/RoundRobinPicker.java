package io.heddle.proxy.engine.balance;

import org.jspecify.annotations.Nullable;

/** Hosts in turn, by weight where weights differ or a host is new. */
final class RoundRobinPicker implements HostPicker {
  private final BalancedHost[] hosts;
  private final HostWeights weights;
  private final @Nullable EdfSchedule schedule;
  private int next;

  RoundRobinPicker(BalancedHost[] hosts, HostWeights weights, BalanceLoop loop) {
    this.hosts = hosts;
    this.weights = weights;
    this.next = loop.random().nextInt(hosts.length);
    this.schedule = weights.even(hosts, loop.turnNanos()) ? null : schedule(loop);
  }

  private EdfSchedule schedule(BalanceLoop loop) {
    double[] initial = new double[hosts.length];
    for (int i = 0; i < hosts.length; i++) {
      initial[i] = weight(i, loop.turnNanos());
    }
    return new EdfSchedule(initial, loop.random());
  }

  private double weight(int index, long now) {
    return hosts[index].weight() * weights.factor(hosts[index], now);
  }

  @Override
  public int pick(BalanceLoop loop, BalanceContext context) {
    EdfSchedule turns = schedule;
    if (turns == null) {
      int chosen = next;
      next = chosen + 1 == hosts.length ? 0 : chosen + 1;
      return chosen;
    }
    int chosen = turns.next();
    turns.again(weight(chosen, loop.turnNanos()));
    return chosen;
  }
}
