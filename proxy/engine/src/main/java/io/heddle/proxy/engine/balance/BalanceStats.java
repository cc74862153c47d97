package io.heddle.proxy.engine.balance;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import java.util.Set;

/** What is counted about a cluster's balancing, under Envoy's names. */
public final class BalanceStats {
  final ScalarStat healthyPanic;
  final ScalarStat localClusterNotOk;
  final ScalarStat recalculateZoneStructures;
  final ScalarStat zoneClusterTooSmall;
  final ScalarStat zoneNoCapacityLeft;
  final ScalarStat zoneRoutingAllDirectly;
  final ScalarStat zoneRoutingSampled;
  final ScalarStat zoneRoutingCrossZone;
  final ScalarStat subsetsActive;
  final ScalarStat subsetsCreated;
  final ScalarStat subsetsRemoved;
  final ScalarStat subsetsSelected;
  final ScalarStat subsetsFallback;
  final ScalarStat subsetsFallbackPanic;
  final ScalarStat subsetsSingleHostDuplicate;
  private final Scope scope;
  private Set<?> subsets = Set.of(); // Guarded by this.

  /** Under the cluster's scope. */
  public BalanceStats(Scope scope) {
    this.scope = scope;
    healthyPanic = scope.counter("lb_healthy_panic");
    localClusterNotOk = scope.counter("lb_local_cluster_not_ok");
    recalculateZoneStructures = scope.counter("lb_recalculate_zone_structures");
    zoneClusterTooSmall = scope.counter("lb_zone_cluster_too_small");
    zoneNoCapacityLeft = scope.counter("lb_zone_no_capacity_left");
    zoneRoutingAllDirectly = scope.counter("lb_zone_routing_all_directly");
    zoneRoutingSampled = scope.counter("lb_zone_routing_sampled");
    zoneRoutingCrossZone = scope.counter("lb_zone_routing_cross_zone");
    subsetsActive = scope.gauge("lb_subsets_active");
    subsetsCreated = scope.counter("lb_subsets_created");
    subsetsRemoved = scope.counter("lb_subsets_removed");
    subsetsSelected = scope.counter("lb_subsets_selected");
    subsetsFallback = scope.counter("lb_subsets_fallback");
    subsetsFallbackPanic = scope.counter("lb_subsets_fallback_panic");
    subsetsSingleHostDuplicate = scope.gauge("lb_subsets_single_host_per_subset_duplicate");
  }

  /** These subsets there are now; some of their hosts were left out as duplicates. */
  synchronized void subsets(Set<?> now, long duplicates) {
    long created = now.stream().filter(s -> !subsets.contains(s)).count();
    long removed = subsets.stream().filter(s -> !now.contains(s)).count();
    subsets = Set.copyOf(now);
    subsetsCreated.add(created);
    subsetsRemoved.add(removed);
    set(subsetsActive, now.size());
    set(subsetsSingleHostDuplicate, duplicates);
  }

  /** A hash ring was built: its size and the most and fewest entries of a host. */
  void ring(long size, long fewest, long most) {
    Scope ring = scope.scope("ring_hash_lb");
    set(ring.gauge("size"), size);
    set(ring.gauge("min_hashes_per_host"), fewest);
    set(ring.gauge("max_hashes_per_host"), most);
  }

  /** A Maglev table was built: the most and fewest entries of a host. */
  void maglev(long fewest, long most) {
    Scope table = scope.scope("maglev_lb");
    set(table.gauge("min_entries_per_host"), fewest);
    set(table.gauge("max_entries_per_host"), most);
  }

  static void set(ScalarStat gauge, long value) {
    gauge.add(value - gauge.value());
  }
}
