package io.heddle.proxy.engine.balance;

import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.LbPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A loop with seeded randomness and a clock of its own, on which hosts are chosen. */
final class Bench implements BalanceLoop {
  final StatsRegistry registry = new StatsRegistry(1);
  final BalanceStats balanceStats = new BalanceStats(registry.root().scope("cluster"));
  final BalanceContext context = new BalanceContext();
  private final SplittableRandom random = new SplittableRandom(7);
  long now = 1_000_000_000_000L;
  long active;
  double panicThreshold = 50;
  HostSet.Shape shape = HostSet.Shape.DEFAULT;
  @Nullable HostSet local;
  final Map<Locality, Long> localityWeights = new HashMap<>();

  @Override
  public SplittableRandom random() {
    return random;
  }

  @Override
  public LoopStats stats() {
    return registry.loop(0);
  }

  @Override
  public long turnNanos() {
    return now;
  }

  static List<FakeHost> hosts(int count) {
    List<FakeHost> hosts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      hosts.add(new FakeHost("127.0.0.1:" + (i + 2)));
    }
    return hosts;
  }

  Bench weigh(String zone, long weight) {
    localityWeights.put(new Locality("", zone, ""), weight);
    return this;
  }

  @SafeVarargs
  final Balancer balancer(LbPolicy policy, List<FakeHost>... priorities) {
    List<HostSet> sets = new ArrayList<>();
    for (List<FakeHost> hosts : priorities) {
      sets.add(new HostSet(hosts, localityWeights, shape));
    }
    BalanceSettings settings =
        new BalanceSettings(panicThreshold, balanceStats, local, () -> active, () -> now);
    return BalancerPlans.of(policy, sets, settings).onLoop(this);
  }

  BalancedHost choose(Balancer balancer) {
    return Objects.requireNonNull(balancer.choose(this, context));
  }

  /** How often each host is chosen. */
  Map<String, Integer> count(Balancer balancer, int times) {
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < times; i++) {
      BalancedHost host = balancer.choose(this, context);
      counts.merge(host == null ? "none" : host.address(), 1, Integer::sum);
    }
    return counts;
  }

  long stat(String name) {
    return registry.snapshot().counters().stream()
        .filter(c -> c.name().full().equals("cluster." + name))
        .findFirst()
        .orElseThrow()
        .value();
  }
}
