package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.core.translate.RouteTables.Table;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.Scope;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What gRPC applications are shown, who have no proxy. Nothing is made before the first of them is
 * there: for each of their namespaces the listeners and route tables, for each place where one runs
 * the endpoints as seen from there. Owned by its translator's thread.
 */
final class Proxyless {
  private final World world;
  private final Workshop workshop;

  /** How many nodes are in each. */
  private final Map<String, Integer> namespaces = new LinkedHashMap<>();

  private final Map<Locality, Integer> places = new LinkedHashMap<>();

  /** Names of listeners that stand for a service. */
  private final Map<Table.Grpc, Set<String>> listeners = new HashMap<>();

  private final Set<Locality> freshPlaces = new LinkedHashSet<>();
  private boolean clustersWritten;

  Proxyless(World world, Workshop workshop) {
    this.world = world;
    this.workshop = workshop;
  }

  /** Whose tables are written. */
  Set<String> namespaces() {
    return namespaces.keySet();
  }

  /** A node is there; answers with the tables that nobody asked for before. */
  Set<Table> joined(NodeFacts.Grpc node) {
    if (places.merge(node.locality(), 1, Integer::sum) == 1) {
      freshPlaces.add(node.locality());
    }
    Set<Table> fresh = new LinkedHashSet<>();
    if (namespaces.merge(node.namespace(), 1, Integer::sum) == 1) {
      for (ResourceObject service : world.ofKind(Kind.SERVICE)) {
        fresh.add(new Table.Grpc(node.namespace(), service.key()));
      }
    }
    return fresh;
  }

  /** A node is forgotten. */
  void left(NodeFacts.Grpc node) {
    if (places.merge(node.locality(), -1, Integer::sum) == 0) {
      places.remove(node.locality());
      freshPlaces.remove(node.locality());
      workshop.dropScope(Names.grpcEndpoints(node.locality()));
    }
    if (namespaces.merge(node.namespace(), -1, Integer::sum) == 0) {
      namespaces.remove(node.namespace());
      listeners.keySet().removeIf(table -> table.namespace().equals(node.namespace()));
      workshop.dropScope(Names.grpc(node.namespace()));
    }
  }

  /** Writes what nobody asked for before the nodes that joined since the last call. */
  void catchUp() {
    if (places.isEmpty()) {
      return;
    }
    if (!clustersWritten) {
      clustersWritten = true;
      world.ofKind(Kind.SERVICE).forEach(service -> cluster(service.key()));
    }
    for (Locality place : freshPlaces) {
      workshop.put(
          Names.grpcEndpoints(place),
          EncodedResource.of(
              ResourceType.ENDPOINTS,
              Names.UNRESOLVED,
              ClusterLoadAssignment.newBuilder().setClusterName(Names.UNRESOLVED).build()),
          Map.of());
      world.ofKind(Kind.SERVICE).forEach(service -> endpoints(place, service.key()));
    }
    freshPlaces.clear();
  }

  void cluster(ObjectKey service) {
    if (!clustersWritten) {
      return;
    }
    String name = Names.cluster(service);
    Optional<ResourceObject> object = world.find(service);
    Optional<BackendTls.InForce> tls = object.flatMap(found -> BackendTls.of(world, found));
    for (Scope scope : List.of(Names.GRPC_CLUSTERS, Names.GRPC_MUTUAL)) {
      boolean mutual = scope.equals(Names.GRPC_MUTUAL);
      if (object.isEmpty() || (mutual && tls.isEmpty())) {
        workshop.remove(scope, ResourceType.CLUSTER, name);
        continue;
      }
      Map<ObjectKey, Long> from = new HashMap<>(Workshop.origin(object.get()));
      tls.ifPresent(policy -> from.putAll(Workshop.origin(policy.policy())));
      Optional<BackendTrafficPolicySpec> policy = new Policies(world, from).ofService(service);
      workshop.put(
          scope,
          EncodedResource.of(
              ResourceType.CLUSTER, name, ProxylessClusters.of(service, tls, policy, mutual)),
          from);
    }
  }

  void endpoints(ObjectKey service) {
    places.keySet().forEach(place -> endpoints(place, service));
  }

  private void endpoints(Locality place, ObjectKey service) {
    Scope scope = Names.grpcEndpoints(place);
    String name = Names.cluster(service);
    Optional<ResourceObject> object = world.find(service);
    if (object.isEmpty()) {
      workshop.remove(scope, ResourceType.ENDPOINTS, name);
      return;
    }
    Endpoints.Collected collected = new Endpoints.Collected();
    Map<ObjectKey, Long> from = new HashMap<>(Workshop.origin(object.get()));
    world.collect(object.get(), collected, from);
    workshop.put(
        scope,
        EncodedResource.of(ResourceType.ENDPOINTS, name, collected.assignmentFrom(name, place)),
        from);
  }

  /** The listeners that lead to a table: those of a service that is there. */
  void listeners(Table.Grpc table) {
    Optional<ResourceObject> service = world.find(table.service());
    Set<String> wanted = new LinkedHashSet<>();
    if (service.isPresent() && workshop.tableNamed(table.resourceName()).isPresent()) {
      ServiceSpec spec = (ServiceSpec) service.get().spec();
      wanted.addAll(ProxylessListeners.names(table.namespace(), table.service(), spec));
    }
    Set<String> before = new HashSet<>(listeners.getOrDefault(table, Set.of()));
    before.removeAll(wanted);
    before.forEach(name -> workshop.remove(table.scope(), ResourceType.LISTENER, name));
    for (String name : wanted) {
      Listener listener = ProxylessListeners.client(name, table.resourceName());
      workshop.put(
          table.scope(),
          EncodedResource.of(ResourceType.LISTENER, name, listener),
          service.map(Workshop::origin).orElse(Map.of()));
    }
    if (wanted.isEmpty()) {
      listeners.remove(table);
    } else {
      listeners.put(table, wanted);
    }
  }
}
