package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.LbPolicy.LocalityLb;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shares load among priorities, then localities, then lets a picker choose: what round robin, least
 * request, random and their like have in common. Immutable.
 */
final class SourcePlan implements BalancerPlan {
  final List<HostSet> sets;
  final PriorityLoads loads;
  final HostPicker.Factory pickers;
  final BalanceStats stats;
  final boolean localityWeighted;
  final boolean failOnPanic;
  final double zoneRoutingPercent;
  final @Nullable ZoneRouting zones;
  final boolean localPanics;

  /** Whether the picker is asked even where there is one host only. */
  final boolean always;

  SourcePlan(
      List<HostSet> sets,
      LocalityLb locality,
      HostPicker.Factory pickers,
      BalanceSettings settings) {
    this(sets, locality, pickers, settings, false);
  }

  SourcePlan(
      List<HostSet> sets,
      LocalityLb locality,
      HostPicker.Factory pickers,
      BalanceSettings settings,
      boolean always) {
    this.always = always;
    this.sets = sets;
    this.loads = new PriorityLoads(sets, settings.panicThreshold());
    this.pickers = pickers;
    this.stats = settings.stats();
    this.localityWeighted = locality instanceof LocalityLb.Weighted;
    HostSet local = settings.localHosts();
    if (locality instanceof LocalityLb.ZoneAware zone) {
      this.failOnPanic = zone.failTrafficOnPanic();
      this.zoneRoutingPercent = zone.routingEnabled();
      this.zones =
          local == null || sets.isEmpty()
              ? null
              : ZoneRouting.of(sets.getFirst(), local, zone, stats);
    } else {
      this.failOnPanic = false;
      this.zoneRoutingPercent = 0;
      this.zones = null;
    }
    this.localPanics =
        zones != null && local != null && local.panics(Math.round(settings.panicThreshold()));
  }

  @Override
  public Balancer onLoop(BalanceLoop loop) {
    return new SourceBalancer(this);
  }
}
