package io.heddle.proxy.engine.balance;

import org.jspecify.annotations.Nullable;

/** One loop's side of a {@link SourcePlan}: its pickers, made when they are first needed. */
final class SourceBalancer implements Balancer {
  private static final int ALL = 0;
  private static final int HEALTHY = 1;
  private static final int DEGRADED = 2;

  private final SourcePlan plan;
  // By priority, then: all, healthy, degraded, then healthy and degraded of each locality.
  private final @Nullable HostPicker[][] pickers;
  private final @Nullable LocalityTurns[] healthyTurns;
  private final @Nullable LocalityTurns[] degradedTurns;

  SourceBalancer(SourcePlan plan) {
    this.plan = plan;
    int priorities = plan.sets.size();
    pickers = new @Nullable HostPicker[priorities][];
    for (int p = 0; p < priorities; p++) {
      pickers[p] = new @Nullable HostPicker[3 + 2 * plan.sets.get(p).localities.length];
    }
    healthyTurns = new @Nullable LocalityTurns[priorities];
    degradedTurns = new @Nullable LocalityTurns[priorities];
  }

  @Override
  public @Nullable BalancedHost choose(BalanceLoop loop, BalanceContext context) {
    BalancedHost host = once(loop, context);
    for (int i = 0; i < context.selectionAttempts(); i++) {
      if (host == null || !context.wasTried(host)) {
        return host;
      }
      host = once(loop, context);
    }
    return host;
  }

  private @Nullable BalancedHost once(BalanceLoop loop, BalanceContext context) {
    int chosen = plan.loads.choose(loop.random().nextLong());
    if (chosen < 0) {
      return null;
    }
    int priority = chosen >> 1;
    boolean degraded = (chosen & 1) != 0;
    HostSet set = plan.sets.get(priority);
    if (plan.loads.panics[priority]) {
      loop.stats().increment(plan.stats.healthyPanic);
      return plan.failOnPanic ? null : pick(loop, context, priority, ALL, set.hosts);
    }
    int locality = locality(loop, priority, degraded, set);
    if (locality >= 0) {
      return pick(
          loop,
          context,
          priority,
          3 + 2 * locality + (degraded ? 1 : 0),
          degraded ? set.degradedByLocality[locality] : set.healthyByLocality[locality]);
    }
    if (locality == Integer.MIN_VALUE) {
      return null;
    }
    return degraded
        ? pick(loop, context, priority, DEGRADED, set.degraded)
        : pick(loop, context, priority, HEALTHY, set.healthy);
  }

  /** A locality; -1 where localities do not count, the least number where the request fails. */
  private int locality(BalanceLoop loop, int priority, boolean degraded, HostSet set) {
    if (plan.localityWeighted) {
      LocalityTurns[] all = degraded ? degradedTurns : healthyTurns;
      LocalityTurns turns = all[priority];
      if (turns == null) {
        turns = new LocalityTurns(set, degraded, loop);
        all[priority] = turns;
      }
      return turns.next();
    }
    ZoneRouting zones = plan.zones;
    if (zones == null
        || priority != 0
        || (plan.zoneRoutingPercent < 100
            && loop.random().nextDouble() * 100 >= plan.zoneRoutingPercent)) {
      return -1;
    }
    if (plan.localPanics) {
      loop.stats().increment(plan.stats.localClusterNotOk);
      return plan.failOnPanic ? Integer.MIN_VALUE : -1;
    }
    return zones.choose(loop, plan.stats);
  }

  private @Nullable BalancedHost pick(
      BalanceLoop loop, BalanceContext context, int priority, int source, BalancedHost[] hosts) {
    if (hosts.length == 0 || (hosts.length == 1 && !plan.always)) {
      return hosts.length == 0 ? null : hosts[0];
    }
    HostPicker picker = pickers[priority][source];
    if (picker == null) {
      picker = plan.pickers.over(hosts, loop);
      pickers[priority][source] = picker;
    }
    int picked = picker.pick(loop, context);
    return picked < 0 ? null : hosts[picked];
  }
}
