package io.heddle.proxy.engine.balance;

import org.jspecify.annotations.Nullable;

/**
 * Consistent hashing with bounded loads (Mirrokni et al., arXiv 1608.01350): a host that has more
 * than its bound is passed over for others in an order that the hash alone decides (Chen et al.,
 * arXiv 1908.08762), the same order as Envoy's. Owned by one event loop.
 */
final class BoundedLoadBalancer implements Balancer {
  private final HashPlan plan;
  private final MersenneTwister order = new MersenneTwister();
  private final int[] indexes;

  BoundedLoadBalancer(HashPlan plan) {
    this.plan = plan;
    int most = 0;
    for (WeightedHosts hosts : plan.hosts) {
      most = Math.max(most, hosts.hosts.length);
    }
    indexes = new int[most];
  }

  @Override
  public @Nullable BalancedHost choose(BalanceLoop loop, BalanceContext context) {
    long hash = context.hashPresent() ? context.hash() : loop.random().nextLong();
    int priority = plan.priority(loop, hash);
    if (priority < 0) {
      return null;
    }
    BalancedHost host = null;
    for (int i = 0; i <= context.selectionAttempts(); i++) {
      host = bounded(priority, hash, i);
      if (host == null || !context.wasTried(host)) {
        return host;
      }
    }
    return host;
  }

  private @Nullable BalancedHost bounded(int priority, long hash, int attempt) {
    WeightedHosts hosts = plan.hosts[priority];
    int first = plan.tables[priority].find(hash, attempt);
    if (first < 0) {
      return null;
    }
    long active = plan.settings.activeRequests().getAsLong();
    double load = overload(hosts, first, active);
    if (load <= 1) {
      return hosts.hosts[first];
    }
    int count = hosts.hosts.length;
    for (int i = 0; i < count; i++) {
      indexes[i] = i;
    }
    order.seed((int) hash);
    int best = first;
    double least = load;
    for (int i = 0; i < count; i++) {
      int other = i + order.below(count - i);
      int candidate = indexes[other];
      indexes[other] = indexes[i];
      indexes[i] = candidate;
      if (candidate == first) {
        continue;
      }
      load = overload(hosts, candidate, active);
      if (load <= 1) {
        return hosts.hosts[candidate];
      }
      if (load < least) {
        best = candidate;
        least = load;
      }
    }
    return hosts.hosts[best];
  }

  private double overload(WeightedHosts hosts, int index, long active) {
    long slots = ((active + 1) * plan.balanceFactor + 99) / 100;
    double own = Math.max(Math.ceil(slots * hosts.shares[index]), 1);
    return hosts.hosts[index].activeRequests() / own;
  }
}
