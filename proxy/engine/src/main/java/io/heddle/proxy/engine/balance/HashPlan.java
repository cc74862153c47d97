package io.heddle.proxy.engine.balance;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Chooses priority and host by the request's hash; at random where it has none. Immutable, its own
 * balancer on every loop unless loads are bounded.
 */
final class HashPlan implements BalancerPlan, Balancer {
  final WeightedHosts[] hosts;
  final HashTable[] tables;
  final PriorityLoads loads;
  final int balanceFactor;
  final BalanceSettings settings;

  HashPlan(
      List<HostSet> sets,
      boolean localityWeighted,
      int balanceFactor,
      Function<WeightedHosts, HashTable> maker,
      BalanceSettings settings) {
    this.settings = settings;
    this.balanceFactor = balanceFactor;
    loads = new PriorityLoads(sets, settings.panicThreshold());
    hosts = new WeightedHosts[sets.size()];
    tables = new HashTable[sets.size()];
    for (int p = 0; p < hosts.length; p++) {
      hosts[p] = new WeightedHosts(sets.get(p), loads.panics[p], localityWeighted);
      tables[p] = maker.apply(hosts[p]);
    }
  }

  @Override
  public Balancer onLoop(BalanceLoop loop) {
    return balanceFactor == 0 ? this : new BoundedLoadBalancer(this);
  }

  @Override
  public @Nullable BalancedHost choose(BalanceLoop loop, BalanceContext context) {
    long hash = context.hashPresent() ? context.hash() : loop.random().nextLong();
    int priority = priority(loop, hash);
    if (priority < 0) {
      return null;
    }
    BalancedHost host = null;
    for (int i = 0; i <= context.selectionAttempts(); i++) {
      int found = tables[priority].find(hash, i);
      if (found < 0) {
        return null;
      }
      host = hosts[priority].hosts[found];
      if (!context.wasTried(host)) {
        return host;
      }
    }
    return host;
  }

  /** The priority that a hash belongs to, or -1; counts a panic. */
  int priority(BalanceLoop loop, long hash) {
    int chosen = loads.choose(hash);
    if (chosen < 0) {
      return -1;
    }
    int priority = chosen >> 1;
    if (loads.panics[priority]) {
      loop.stats().increment(settings.stats().healthyPanic);
    }
    return priority;
  }
}
