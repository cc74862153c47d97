package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The routes of sidecars of a namespace: a virtual host for each service that they may call.
 *
 * <p>A service without routes is reached by a route to its cluster; one with routes by these alone,
 * so that a request that none of them matches gets 404. A route of the caller's namespace for a
 * service of another one goes before the routes of the service's own namespace (Gateway API, GAMMA:
 * consumer and producer routes). A host that no service has is answered 404.
 */
final class OutboundTable {
  private OutboundTable() {}

  /**
   * @param services that may be called
   * @param routesOf the routes whose parent is that service
   * @param used is filled with the routes that the table embodies
   */
  static RouteConfiguration of(
      String name,
      String namespace,
      Policies policies,
      Collection<ResourceObject> services,
      Function<ObjectKey, List<BoundRoute>> routesOf,
      Map<ObjectKey, BoundRoute> used) {
    RouteConfiguration.Builder out =
        RouteConfiguration.newBuilder().setName(name).setIgnorePortInHostMatching(true);
    for (ResourceObject service : services) {
      ServiceSpec spec = (ServiceSpec) service.spec();
      if (onlyTcp(spec)) {
        continue; // nothing that is asked for by a host name
      }
      ObjectKey key = service.key();
      List<BoundRoute> routes = applicable(namespace, key, routesOf.apply(key));
      routes.forEach(route -> used.put(route.key(), route));
      boolean grpc = spec.ports().stream().anyMatch(ServiceSpec.Port::http2);
      out.addVirtualHosts(host(namespace, key, grpc, routes, policies));
    }
    return out.build();
  }

  static boolean onlyTcp(ServiceSpec spec) {
    return spec.ports().stream().allMatch(p -> p.appProtocol().equals(ServiceSpec.Port.TCP));
  }

  /** Those that count for callers of a namespace. */
  static List<BoundRoute> applicable(String namespace, ObjectKey service, List<BoundRoute> routes) {
    List<BoundRoute> producer = new ArrayList<>();
    List<BoundRoute> consumer = new ArrayList<>();
    for (BoundRoute route : routes) {
      if (route.key().namespace().equals(service.namespace())) {
        producer.add(route);
      } else if (route.key().namespace().equals(namespace)) {
        consumer.add(route);
      }
    }
    return consumer.isEmpty() ? producer : consumer;
  }

  private static VirtualHost host(
      String namespace,
      ObjectKey service,
      boolean grpc,
      List<BoundRoute> routes,
      Policies policies) {
    VirtualHost.Builder host =
        VirtualHost.newBuilder()
            .setName(Names.cluster(service))
            .addAllDomains(domains(namespace, service));
    if (routes.isEmpty()) {
      host.addRoutes(
          RouteProtos.toService(Names.cluster(service), grpc, policies.defaultsOf(service)));
    } else {
      List<RouteEntry> entries = new ArrayList<>();
      routes.forEach(route -> entries.addAll(RouteEntry.of(route)));
      entries.sort(RouteEntry.PRECEDENCE);
      entries.forEach(
          entry -> host.addRoutes(RouteProtos.of(entry, 0, policies.defaults(entry, List.of()))));
    }
    return host.build();
  }

  static List<String> domains(String namespace, ObjectKey service) {
    String full = service.name() + "." + service.namespace();
    List<String> domains = new ArrayList<>();
    if (namespace.equals(service.namespace())) {
      domains.add(service.name());
    }
    domains.add(full);
    domains.add(full + ".svc");
    domains.add(full + ".svc.cluster.local");
    return domains;
  }
}
