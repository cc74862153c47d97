package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.heddle.control.api.resource.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The routes of one port of a Gateway: a virtual host for each hostname.
 *
 * <p>A request belongs to the listener with the most specific hostname that matches its host, and
 * is seen by that listener's routes only. Among those the route with the more specific hostname
 * goes first; where none of its rules matches, the next one is asked.
 */
final class GatewayTable {
  /**
   * A route at a host.
   *
   * @param settings where policies for its listener are looked for
   */
  private record Placed(String hostname, BoundRoute route, List<Policies.Place> settings) {}

  private GatewayTable() {}

  /**
   * @param used is filled with the routes that the table embodies
   */
  static RouteConfiguration of(
      ObjectKey gateway,
      GatewayListeners listeners,
      int port,
      Collection<BoundRoute> routes,
      Policies policies,
      Map<ObjectKey, BoundRoute> used) {
    TreeSet<String> listenerNames = new TreeSet<>();
    for (BoundListener listener : listeners.inForce(port)) {
      listenerNames.add(listener.hostname());
    }
    TreeSet<String> hosts = new TreeSet<>(listenerNames);
    for (BoundRoute route : routes) {
      for (BoundRoute.Attachment place : route.gateways()) {
        if (place.gateway().equals(gateway) && place.port() == port) {
          hosts.addAll(place.hostnames());
        }
      }
    }
    RouteConfiguration.Builder out =
        RouteConfiguration.newBuilder()
            .setName(Names.gatewayRoutes(gateway, port))
            .setIgnorePortInHostMatching(true);
    for (String host : hosts) {
      String owner = owner(host, listenerNames);
      List<Placed> placed = placed(gateway, port, owner, host, routes);
      placed.forEach(p -> used.put(p.route().key(), p.route()));
      out.addVirtualHosts(virtualHost(host, placed, port, policies));
    }
    return out.build();
  }

  private static String owner(String host, Collection<String> listenerNames) {
    return listenerNames.stream()
        .filter(name -> Hostnames.covers(name, host))
        .min(Hostnames::compareSpecific)
        .orElse(Hostnames.ANY);
  }

  /** The routes of the listener that match every request for this host, most specific first. */
  private static List<Placed> placed(
      ObjectKey gateway, int port, String listener, String host, Collection<BoundRoute> routes) {
    List<Placed> placed = new ArrayList<>();
    for (BoundRoute route : routes) {
      for (BoundRoute.Attachment place : route.gateways()) {
        if (place.gateway().equals(gateway)
            && place.port() == port
            && place.listenerHostname().equals(listener)) {
          place.hostnames().stream()
              .filter(name -> Hostnames.covers(name, host))
              .min(Hostnames::compareSpecific)
              .map(name ->
                  new Placed(
                      name, route, Policies.placesOf(gateway, place.holder(), place.listener())))
              .ifPresent(placed::add);
        }
      }
    }
    return placed;
  }

  private static VirtualHost virtualHost(
      String host, List<Placed> placed, int port, Policies policies) {
    VirtualHost.Builder out = VirtualHost.newBuilder().setName(host).addDomains(host);
    TreeSet<String> names = new TreeSet<>(GatewayTable::compareTotal);
    placed.forEach(p -> names.add(p.hostname()));
    for (String name : names) {
      List<RouteEntry> entries = new ArrayList<>();
      Map<ObjectKey, List<Policies.Place>> settings = new HashMap<>();
      for (Placed p : placed) {
        if (p.hostname().equals(name)
            && settings.putIfAbsent(p.route().key(), p.settings()) == null) {
          entries.addAll(RouteEntry.of(p.route().atGateway()));
        }
      }
      entries.sort(RouteEntry.PRECEDENCE);
      for (RouteEntry entry : entries) {
        List<Policies.Place> places = settings.getOrDefault(entry.route().key(), List.of());
        out.addRoutes(RouteProtos.of(entry, port, policies.defaults(entry, places)));
      }
    }
    return out.build();
  }

  private static int compareTotal(String one, String other) {
    int specific = Hostnames.compareSpecific(one, other);
    return specific != 0 ? specific : one.compareTo(other);
  }
}
