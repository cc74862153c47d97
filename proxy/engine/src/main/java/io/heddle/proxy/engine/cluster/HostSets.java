package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.balance.HostSet;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.EndpointsConfig.LocalityEndpoints;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Groups hosts by priority. */
final class HostSets {
  private HostSets() {}

  /** One set a priority from 0 on, empty ones included where the configuration leaves gaps. */
  static List<HostSet> of(Collection<Host> hosts, EndpointsConfig config, Locality own) {
    int priorities = 0;
    for (LocalityEndpoints locality : config.localities()) {
      priorities = Math.max(priorities, locality.priority() + 1);
    }
    for (Host host : hosts) {
      // One that is listed no more may be kept.
      priorities = Math.max(priorities, host.priority() + 1);
    }
    HostSet.Shape shape =
        new HostSet.Shape(own, config.overprovisioningFactor(), config.weightedPriorityHealth());
    List<List<Host>> members = new ArrayList<>();
    List<Map<Locality, Long>> weights = new ArrayList<>();
    for (int p = 0; p < priorities; p++) {
      members.add(new ArrayList<>());
      weights.add(new HashMap<>());
    }
    for (Host host : hosts) {
      members.get(host.priority()).add(host);
    }
    for (LocalityEndpoints locality : config.localities()) {
      weights.get(locality.priority()).putIfAbsent(locality.locality(), locality.weight());
    }
    List<HostSet> sets = new ArrayList<>();
    for (int p = 0; p < priorities; p++) {
      sets.add(new HostSet(members.get(p), weights.get(p), shape));
    }
    return sets;
  }
}
