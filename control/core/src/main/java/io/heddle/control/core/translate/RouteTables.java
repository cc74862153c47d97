package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.Calls;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The routes of all kinds, and the tables made of those of HTTP and gRPC. Owned by its translator's
 * thread.
 */
final class RouteTables {
  /**
   * A table: the outbound one of a namespace, or of a service that says whom it calls; that of a
   * Gateway's port; that of a service for the gRPC applications of a namespace.
   */
  sealed interface Table {
    record Outbound(String namespace) implements Table {}

    record Reach(ObjectKey caller) implements Table {}

    record GatewayPort(ObjectKey gateway, int port) implements Table {}

    record Grpc(String namespace, ObjectKey service) implements Table {}

    default String resourceName() {
      return switch (this) {
        case Outbound outbound -> Names.outboundRoutes(outbound.namespace());
        case Reach reach -> Names.outboundRoutes(reach.caller().namespace());
        case GatewayPort place -> Names.gatewayRoutes(place.gateway(), place.port());
        case Grpc grpc -> Names.grpcRoutes(grpc.namespace(), grpc.service());
      };
    }

    default Scope scope() {
      return switch (this) {
        case Outbound outbound -> Names.namespace(outbound.namespace());
        case Reach reach -> Names.reach(reach.caller());
        case GatewayPort place -> Names.gateway(place.gateway());
        case Grpc grpc -> Names.grpc(grpc.namespace());
      };
    }
  }

  private final World world;
  private final RouteBinder binder;
  private final Map<ObjectKey, BoundRoute> routes = new TreeMap<>();
  private Map<ObjectKey, BoundRoute> inForce = new TreeMap<>();
  private Set<ObjectKey> calledByGrpc = Set.of();

  RouteTables(World world) {
    this.world = world;
    this.binder = new RouteBinder(world);
  }

  /** In force: without the places that other routes have taken. */
  Collection<BoundRoute> routes() {
    return inForce.values();
  }

  Optional<BoundRoute> route(ObjectKey key) {
    return Optional.ofNullable(inForce.get(key));
  }

  /** Resolves references anew, without looking at other routes yet. */
  void bind(ResourceObject route) {
    routes.put(route.key(), binder.bind(route));
  }

  void unbind(ObjectKey key) {
    routes.remove(key);
  }

  /** Looks which routes take places from others, and returns those that differ from before. */
  Set<ObjectKey> settle() {
    Map<ObjectKey, BoundRoute> before = inForce;
    inForce = new TreeMap<>(RouteConflicts.resolve(routes));
    Set<ObjectKey> differing = new TreeSet<>();
    inForce.forEach((key, route) -> {
      if (!same(before.get(key), route)) {
        differing.add(key);
      }
    });
    before.keySet().stream().filter(key -> !inForce.containsKey(key)).forEach(differing::add);
    calledByGrpc = new TreeSet<>();
    for (BoundRoute route : inForce.values()) {
      if (route.grpc()) {
        calledByGrpc.addAll(serviceTargets(route));
        calledByGrpc.addAll(route.services());
      }
    }
    return differing;
  }

  /** Most routes are the very same object as before; only the others are compared. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean same(@Nullable BoundRoute before, BoundRoute now) {
    return before == now || now.equals(before);
  }

  /** Whether GRPCRoutes send to a Service, or steer the calls to it. */
  boolean calledByGrpc(ObjectKey service) {
    return calledByGrpc.contains(service);
  }

  /** The Services that a route refers to, whether they exist or not. */
  static Set<ObjectKey> serviceTargets(BoundRoute route) {
    Set<ObjectKey> all = new TreeSet<>();
    for (BackendRef ref : route.spec().allBackends()) {
      all.add(ref.target(route.key().namespace()));
    }
    return all;
  }

  /**
   * The table as it now is.
   *
   * @param instead what stands in for some routes: an older state of the object, or nothing
   */
  Produced produce(Table table, Scope scope, Map<ObjectKey, Optional<ResourceObject>> instead) {
    Map<ObjectKey, BoundRoute> present = inForce;
    if (!instead.isEmpty()) {
      present = new TreeMap<>(inForce);
      for (Map.Entry<ObjectKey, Optional<ResourceObject>> entry : instead.entrySet()) {
        if (entry.getValue().isPresent()) {
          present.put(entry.getKey(), binder.bind(entry.getValue().get()));
        } else {
          present.remove(entry.getKey());
        }
      }
      present = RouteConflicts.resolve(present);
    }
    Map<ObjectKey, Long> from = new HashMap<>();
    Map<ObjectKey, BoundRoute> used = new HashMap<>();
    RouteConfiguration message =
        switch (table) {
          case Table.Outbound outbound ->
              outbound(table, outbound.namespace(), Calls.ALL, present.values(), from, used);
          case Table.Reach reach ->
              outbound(
                  table,
                  reach.caller().namespace(),
                  world.find(reach.caller()).map(Calls::of).orElse(Calls.ALL),
                  present.values(),
                  from,
                  used);
          case Table.GatewayPort place -> gateway(place, present.values(), from, used);
          case Table.Grpc grpc -> proxyless(grpc, present.values(), from, used);
        };
    used.forEach((key, route) -> from.put(key, route.object().metadata().generation()));
    EncodedResource resource =
        EncodedResource.of(ResourceType.ROUTES, table.resourceName(), message);
    return new Produced(scope, resource, from);
  }

  private RouteConfiguration outbound(
      Table table,
      String namespace,
      Calls calls,
      Collection<BoundRoute> present,
      Map<ObjectKey, Long> from,
      Map<ObjectKey, BoundRoute> used) {
    Map<ObjectKey, List<BoundRoute>> byService = new HashMap<>();
    for (BoundRoute route : present) {
      for (ObjectKey service : route.services()) {
        byService.computeIfAbsent(service, k -> new ArrayList<>()).add(route);
      }
    }
    List<ResourceObject> services =
        world.ofKind(Kind.SERVICE).stream().filter(s -> calls.includes(s.key())).toList();
    services.forEach(service -> from.put(service.key(), service.metadata().generation()));
    return OutboundTable.of(
        table.resourceName(),
        namespace,
        new Policies(world, from),
        services,
        key -> byService.getOrDefault(key, List.of()),
        used);
  }

  private RouteConfiguration proxyless(
      Table.Grpc table,
      Collection<BoundRoute> present,
      Map<ObjectKey, Long> from,
      Map<ObjectKey, BoundRoute> used) {
    ObjectKey service = table.service();
    world.find(service).ifPresent(object -> from.put(service, object.metadata().generation()));
    List<BoundRoute> routes =
        OutboundTable.applicable(
            table.namespace(),
            service,
            present.stream().filter(route -> route.services().contains(service)).toList());
    routes.forEach(route -> used.put(route.key(), route));
    return ProxylessRoutes.of(table.namespace(), service, routes, new Policies(world, from));
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
        table.gateway(),
        GatewayListeners.of(world, gateway),
        table.port(),
        present.stream().filter(BoundRoute::http).toList(),
        new Policies(world, from),
        used);
  }
}
