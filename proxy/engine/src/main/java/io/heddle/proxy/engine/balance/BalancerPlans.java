package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.LoadBalancerFactory.LoadBalancerConfig;
import io.heddle.xds.model.LbPolicy;
import java.util.List;

/** Makes of a policy and hosts what the event loops balance with. */
public final class BalancerPlans {
  private BalancerPlans() {}

  /** The plan of a plugin's balancer over these hosts. */
  public static BalancerPlan of(
      LoadBalancerConfig plugin, List<HostSet> sets, BalanceSettings settings) {
    return new SourcePlan(
        List.copyOf(sets),
        LbPolicy.LocalityLb.ZoneAware.DEFAULT,
        (some, loop) -> new ExtensionPicker(plugin.newBalancer(List.of(some)), some, loop),
        settings,
        true);
  }

  /**
   * The plan of a policy over these hosts, by priority; off the event loops, as it may build large
   * tables.
   */
  public static BalancerPlan of(LbPolicy policy, List<HostSet> sets, BalanceSettings settings) {
    List<HostSet> hosts = List.copyOf(sets);
    return switch (policy) {
      case LbPolicy.RoundRobin p -> {
        HostWeights weights = new HostWeights(p.slowStart());
        yield new SourcePlan(
            hosts,
            p.locality(),
            (some, loop) -> new RoundRobinPicker(some, weights, loop),
            settings);
      }
      case LbPolicy.LeastRequest p -> {
        HostWeights weights = new HostWeights(p.slowStart());
        yield new SourcePlan(
            hosts,
            p.locality(),
            (some, loop) -> new LeastRequestPicker(some, weights, p, loop),
            settings);
      }
      case LbPolicy.Random p ->
          new SourcePlan(
              hosts,
              p.locality(),
              (some, _) -> (loop, _) -> loop.random().nextInt(some.length),
              settings);
      case LbPolicy.PeakEwma p ->
          new SourcePlan(hosts, p.locality(), (some, _) -> new PeakEwmaPicker(some, p), settings);
      case LbPolicy.ClientSideWeighted p -> {
        HostWeights weights = new HostWeights(p.slowStart());
        yield new SourcePlan(
            hosts,
            p.locality(),
            (some, loop) -> new ReportedWeightPicker(some, weights, p, loop),
            settings);
      }
      case LbPolicy.RingHash p ->
          new HashPlan(
              hosts,
              p.localityWeighted(),
              p.hashing().balanceFactor(),
              some -> new HashRing(some, p, settings.stats()),
              settings);
      case LbPolicy.Maglev p ->
          new HashPlan(
              hosts,
              p.localityWeighted(),
              p.hashing().balanceFactor(),
              some -> new MaglevTable(some, p, settings.stats()),
              settings);
      case LbPolicy.PickFirst p ->
          new SourcePlan(
              hosts,
              LbPolicy.LocalityLb.ZoneAware.DEFAULT,
              (some, loop) -> {
                int first = p.shuffle() ? loop.random().nextInt(some.length) : 0;
                return (_, _) -> first;
              },
              settings);
      case LbPolicy.Subset p -> new SubsetPlan(hosts, p, settings);
      case LbPolicy.OverrideHost p ->
          new OverrideHostPlan(hosts, p, of(p.fallback(), hosts, settings));
      // A cluster that provides its own never asks here; where it has none yet there is no host.
      case LbPolicy.ClusterProvided _ -> _ -> (_, _) -> null;
    };
  }
}
