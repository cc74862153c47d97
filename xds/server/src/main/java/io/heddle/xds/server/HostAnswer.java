package io.heddle.xds.server;

import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a response says about virtual hosts, which are asked for by the host of a request and told
 * of by their own name: a host once, however many names it was asked by, with those names as its
 * aliases; and a name that no host answers to as a resource without content, because that is what a
 * client takes for "there is none".
 */
record HostAnswer(List<EncodedResource> hosts, List<String> removed, List<Resource> missing) {

  /**
   * @param upserts by the names asked by
   * @param removed names asked by that no host answers to any more
   * @param held what the client holds, by the names asked by
   * @param asks what it asks by name; under a wildcard it may hold more than that
   */
  static HostAnswer of(
      Map<String, EncodedResource> upserts,
      Collection<String> removed,
      Map<String, EncodedResource> held,
      Interest asks) {
    Map<String, EncodedResource> told = new LinkedHashMap<>();
    Map<String, List<String>> aliases = new LinkedHashMap<>();
    Set<String> gone = new LinkedHashSet<>();
    upserts.forEach((asked, host) -> {
      told.put(host.name(), host);
      List<String> further = aliases.computeIfAbsent(host.name(), n -> new ArrayList<>(1));
      if (!asked.equals(host.name()) && !host.domains().contains(HostNames.host(asked))) {
        further.add(asked);
      }
      EncodedResource before = held.get(asked);
      if (before != null) {
        gone.add(before.name());
      }
    });
    List<Resource> missing = new ArrayList<>();
    for (String asked : removed) {
      EncodedResource before = held.get(asked);
      if (before != null) {
        gone.add(before.name());
      } else if (!asks.names(asked)) {
        gone.add(asked);
      } else {
        // Envoy takes one without content for an answer only where it has an alias.
        missing.add(Resource.newBuilder().setName(asked).addAliases(asked).build());
      }
    }
    if (!gone.isEmpty()) {
      Set<String> settled = new LinkedHashSet<>(removed);
      held.forEach((asked, host) -> {
        if (!settled.contains(asked) && !upserts.containsKey(asked)) {
          gone.remove(host.name()); // it still answers to another name
        }
      });
      gone.removeAll(told.keySet());
    }
    List<EncodedResource> hosts = new ArrayList<>();
    told.forEach((name, host) -> {
      List<String> further = aliases.getOrDefault(name, List.of());
      hosts.add(further.isEmpty() ? host : host.alsoKnownAs(further));
    });
    return new HostAnswer(hosts, List.copyOf(gone), missing);
  }
}
