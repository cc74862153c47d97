package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.balance.BalancedHost.Availability;
import io.heddle.proxy.engine.balance.BalancerPlan;
import io.heddle.proxy.engine.balance.HostSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The hosts of a cluster at one time, by priority, and how they are balanced. Immutable. */
record EndpointSet(List<Host> hosts, List<HostSet> sets, BalancerPlan plan) {
  static final EndpointSet EMPTY = new EndpointSet(List.of(), List.of(), _ -> (_, _) -> null);

  EndpointSet {
    hosts = List.copyOf(hosts);
    sets = List.copyOf(sets);
  }

  long count(Availability availability) {
    return hosts.stream().filter(host -> host.availability() == availability).count();
  }

  /** How many do not count. */
  long leftOut() {
    return hosts.stream().filter(Host::leftOut).count();
  }

  /** The host of this address, if it may be used; null where there is none. */
  @Nullable Host healthy(String address) {
    for (int i = 0; i < hosts.size(); i++) {
      Host host = hosts.get(i);
      if (host.healthy() && host.address().equals(address)) {
        return host;
      }
    }
    return null;
  }
}
