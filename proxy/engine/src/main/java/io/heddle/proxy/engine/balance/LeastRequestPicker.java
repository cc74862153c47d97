package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.LbPolicy.LeastRequest;
import org.jspecify.annotations.Nullable;

/**
 * The host with the fewest requests under way: of some drawn at random (Mitzenmacher, "The Power of
 * Two Choices in Randomized Load Balancing") or of all, where weights are equal; otherwise in turn
 * by weights that requests under way lower.
 */
final class LeastRequestPicker implements HostPicker {
  private final BalancedHost[] hosts;
  private final HostWeights weights;
  private final LeastRequest policy;
  private final @Nullable EdfSchedule schedule;

  LeastRequestPicker(
      BalancedHost[] hosts, HostWeights weights, LeastRequest policy, BalanceLoop loop) {
    this.hosts = hosts;
    this.weights = weights;
    this.policy = policy;
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
    BalancedHost host = hosts[index];
    double load = host.activeRequests() + 1.0;
    double bias = policy.activeRequestBias();
    double divisor = bias == 1 ? load : bias == 0 ? 1 : Math.pow(load, bias);
    return host.weight() * weights.factor(host, now) / divisor;
  }

  @Override
  public int pick(BalanceLoop loop, BalanceContext context) {
    EdfSchedule turns = schedule;
    if (turns != null) {
      int chosen = turns.next();
      turns.again(weight(chosen, loop.turnNanos()));
      return chosen;
    }
    return policy.fullScan() ? scan(loop) : draw(loop);
  }

  private int draw(BalanceLoop loop) {
    int best = loop.random().nextInt(hosts.length);
    int load = hosts[best].activeRequests();
    for (int i = 1; i < policy.choiceCount(); i++) {
      int other = loop.random().nextInt(hosts.length);
      int otherLoad = hosts[other].activeRequests();
      if (otherLoad < load) {
        best = other;
        load = otherLoad;
      }
    }
    return best;
  }

  /** Each of the least loaded with the same chance. */
  private int scan(BalanceLoop loop) {
    int best = 0;
    int load = hosts[0].activeRequests();
    int tied = 1;
    for (int i = 1; i < hosts.length; i++) {
      int other = hosts[i].activeRequests();
      if (other < load) {
        best = i;
        load = other;
        tied = 1;
      } else if (other == load && loop.random().nextInt(++tied) == 0) {
        best = i;
      }
    }
    return best;
  }
}
