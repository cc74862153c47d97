package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.balance.HostSet;
import io.heddle.proxy.engine.balance.PriorityLoads;
import io.heddle.proxy.engine.loop.Worker;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among the clusters of an aggregate on one event loop: their priorities stand in one line,
 * those of the first cluster before those of the second, and share the load as one cluster's would.
 * Computed anew when a member has other endpoints, or has come or gone.
 */
// Identity is meant.
@SuppressWarnings("ReferenceEquality")
final class Aggregate {
  private final ClusterSettings clusters;
  private final List<String> names;
  private final double panicThreshold;
  private final @Nullable Cluster[] members;
  private final @Nullable EndpointSet[] seen;
  private final List<Cluster> owners = new ArrayList<>();
  private PriorityLoads loads = new PriorityLoads(List.of(), 0);

  Aggregate(ClusterSettings clusters, List<String> names, double panicThreshold) {
    this.clusters = clusters;
    this.names = names;
    this.panicThreshold = panicThreshold;
    this.members = new @Nullable Cluster[names.size()];
    this.seen = new @Nullable EndpointSet[names.size()];
  }

  /** Whether it was made of these. */
  boolean of(List<String> others, double threshold) {
    return names == others && panicThreshold == threshold;
  }

  /** The member for one attempt; null where none has any host. */
  @Nullable Cluster choose(Worker worker) {
    boolean changed = false;
    for (int i = 0; i < members.length; i++) {
      Cluster member = clusters.named(names.get(i));
      EndpointSet set = member == null ? null : member.endpointSet();
      changed |= member != members[i] || set != seen[i];
      members[i] = member;
      seen[i] = set;
    }
    if (changed) {
      compute();
    }
    int chosen = loads.choose(worker.random().nextLong());
    return chosen < 0 ? null : owners.get(chosen >> 1);
  }

  private void compute() {
    owners.clear();
    List<HostSet> line = new ArrayList<>();
    for (int i = 0; i < members.length; i++) {
      Cluster member = members[i];
      EndpointSet set = seen[i];
      if (member != null && set != null) {
        for (HostSet hosts : set.sets()) {
          line.add(hosts);
          owners.add(member);
        }
      }
    }
    loads = new PriorityLoads(line, panicThreshold);
  }
}
