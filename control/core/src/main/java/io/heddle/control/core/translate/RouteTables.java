package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The HTTPRoutes in force, and the tables made of them. Owned by its translator's thread. */
final class RouteTables {
  /** A table: the outbound one of a namespace, or that of a Gateway's port. */
  sealed interface Table {
    record Outbound(String namespace) implements Table {}

    record GatewayPort(ObjectKey gateway, int port) implements Table {}

    default String resourceName() {
      return switch (this) {
        case Outbound outbound -> Names.outboundRoutes(outbound.namespace());
        case GatewayPort place -> Names.gatewayRoutes(place.gateway(), place.port());
      };
    }

    default Scope scope() {
      return switch (this) {
        case Outbound outbound -> Names.namespace(outbound.namespace());
        case GatewayPort place -> Names.gateway(place.gateway());
      };
    }
  }

  private final World world;
  private final RouteBinder binder;
  private final Map<ObjectKey, BoundRoute> routes = new TreeMap<>();

  RouteTables(World world) {
    this.world = world;
    this.binder = new RouteBinder(world.objects());
  }

  Collection<BoundRoute> routes() {
    return routes.values();
  }

  Optional<BoundRoute> route(ObjectKey key) {
    return Optional.ofNullable(routes.get(key));
  }

  BoundRoute bind(ResourceObject route) {
    BoundRoute bound = binder.bind(route);
    routes.put(route.key(), bound);
    return bound;
  }

  void unbind(ObjectKey key) {
    routes.remove(key);
  }

  /**
   * The table as it now is.
   *
   * @param instead what stands in for some routes: an older state of the object, or nothing
   */
  Produced produce(Table table, Scope scope, Map<ObjectKey, Optional<ResourceObject>> instead) {
    Map<ObjectKey, BoundRoute> present = routes;
    if (!instead.isEmpty()) {
      present = new TreeMap<>(routes);
      for (Map.Entry<ObjectKey, Optional<ResourceObject>> entry : instead.entrySet()) {
        if (entry.getValue().isPresent()) {
          present.put(entry.getKey(), binder.bind(entry.getValue().get()));
        } else {
          present.remove(entry.getKey());
        }
      }
    }
    Map<ObjectKey, Long> from = new HashMap<>();
    Map<ObjectKey, BoundRoute> used = new HashMap<>();
    RouteConfiguration message =
        switch (table) {
          case Table.Outbound outbound -> outbound(outbound, present.values(), from, used);
          case Table.GatewayPort place -> gateway(place, present.values(), from, used);
        };
    used.forEach((key, route) -> from.put(key, route.object().metadata().generation()));
    EncodedResource resource =
        EncodedResource.of(ResourceType.ROUTES, table.resourceName(), message);
    return new Produced(scope, resource, from);
  }

  private RouteConfiguration outbound(
      Table.Outbound table,
      Collection<BoundRoute> present,
      Map<ObjectKey, Long> from,
      Map<ObjectKey, BoundRoute> used) {
    Map<ObjectKey, List<BoundRoute>> byService = new HashMap<>();
    for (BoundRoute route : present) {
      for (ObjectKey service : route.services()) {
        byService.computeIfAbsent(service, k -> new ArrayList<>()).add(route);
      }
    }
    Collection<ResourceObject> services = world.ofKind(Kind.SERVICE);
    services.forEach(service -> from.put(service.key(), service.metadata().generation()));
    return OutboundTable.of(
        table.namespace(), services, key -> byService.getOrDefault(key, List.of()), used);
  }

  private RouteConfiguration gateway(
      Table.GatewayPort table,
      Collection<BoundRoute> present,
      Map<ObjectKey, Long> from,
      Map<ObjectKey, BoundRoute> used) {
    ResourceObject gateway = world.objects().get(table.gateway());
    if (gateway == null) {
      return RouteConfiguration.newBuilder().setName(table.resourceName()).build();
    }
    from.put(gateway.key(), gateway.metadata().generation());
    return GatewayTable.of(
        table.gateway(), GatewayListeners.of(gateway), table.port(), present, used);
  }
}
