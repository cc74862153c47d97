package io.heddle.control.core.translate;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.Calls;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.LocalityWeighting;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.SecretSpec;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.TelemetryPolicySpec.AccessLog;
import io.heddle.control.core.translate.RouteTables.Table;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes single resources and remembers what stands where, so that only what differs is handed out.
 * Owned by its translator's thread.
 */
final class Workshop {
  private final World world;
  private final RouteTables tables;
  private final TranslatorCounters counters;

  /** Whose resources stand in for equal ones. */
  private final @Nullable Workshop elder;

  private final Map<Scope, Map<ResourceKey, Produced>> standing = new HashMap<>();
  private final Map<String, Table> tableNames = new HashMap<>();
  private final Map<Place, Produced> put = new LinkedHashMap<>();
  private final Set<Place> removed = new LinkedHashSet<>();

  /** Those that hold some clusters and not all. */
  private final Set<Scope> narrowScopes = new LinkedHashSet<>();

  Workshop(World world, RouteTables tables, TranslatorCounters counters, @Nullable Workshop elder) {
    this.elder = elder;
    this.world = world;
    this.tables = tables;
    this.counters = counters;
  }

  void cluster(ObjectKey service) {
    counters.clusters.increment();
    ResourceObject object = world.objects().get(service);
    if (object == null) {
      removeCluster(Names.CLUSTERS, Names.cluster(service));
    } else {
      cluster(Names.CLUSTERS, object);
      ResourceKey key = new ResourceKey(ResourceType.CLUSTER, Names.cluster(service));
      for (Scope scope : narrowScopes) {
        if (standing.getOrDefault(scope, Map.of()).containsKey(key)) {
          cluster(scope, object);
        }
      }
    }
  }

  private void cluster(Scope scope, ResourceObject service) {
    Optional<BackendTls.InForce> tls = BackendTls.of(world, service);
    Map<ObjectKey, Long> from = new HashMap<>(origin(service));
    tls.ifPresent(policy -> from.putAll(origin(policy.policy())));
    Optional<BackendTrafficPolicySpec> policy = new Policies(world, from).ofService(service.key());
    Cluster plain = Clusters.ofService(service.key(), protocol(service), tls, policy);
    Cluster message = LocalityWeighting.byLoad(service) ? Clusters.weighted(plain) : plain;
    put(scope, EncodedResource.of(ResourceType.CLUSTER, message.getName(), message), from);
  }

  private void removeCluster(Scope scope, String name) {
    remove(scope, ResourceType.CLUSTER, name);
  }

  /** What the Service says; else HTTP/1.1, and HTTP/2 too for what GRPCRoutes send. */
  private Clusters.Protocol protocol(ResourceObject service) {
    ServiceSpec spec = (ServiceSpec) service.spec();
    if (spec.ports().stream().anyMatch(ServiceSpec.Port::http2)) {
      return Clusters.Protocol.HTTP2;
    }
    return tables.calledByGrpc(service.key())
        ? Clusters.Protocol.DOWNSTREAM
        : Clusters.Protocol.HTTP1;
  }

  void endpoints(ObjectKey service) {
    ResourceObject object = world.objects().get(service);
    if (object == null) {
      remove(Names.ENDPOINTS, ResourceType.ENDPOINTS, Names.cluster(service));
      return;
    }
    counters.endpoints.increment();
    Endpoints.Collected collected = new Endpoints.Collected();
    Map<ObjectKey, Long> from = new HashMap<>(origin(object));
    world.collect(object, collected, from);
    String name = Names.cluster(service);
    put(
        Names.ENDPOINTS,
        EncodedResource.of(ResourceType.ENDPOINTS, name, collected.assignment(name)),
        from);
  }

  /** The tables that a Gateway has, and those that it had. */
  Set<Table> tablesOf(ObjectKey gateway) {
    Set<Table> all = new LinkedHashSet<>();
    ResourceObject object = world.objects().get(gateway);
    if (object != null) {
      GatewayListeners.of(world, object)
          .httpPorts()
          .forEach(port -> all.add(new Table.GatewayPort(gateway, port)));
    }
    for (Table table : tableNames.values()) {
      if (table instanceof Table.GatewayPort place && place.gateway().equals(gateway)) {
        all.add(table);
      }
    }
    return all;
  }

  void table(Table table) {
    boolean exists =
        switch (table) {
          case Table.Outbound _ -> true;
          case Table.Reach reach -> bounded(reach.caller());
          case Table.GatewayPort place -> {
            ResourceObject gateway = world.objects().get(place.gateway());
            yield gateway != null
                && GatewayListeners.of(world, gateway).httpPorts().contains(place.port());
          }
          case Table.Grpc grpc ->
              world
                  .find(grpc.service())
                  .filter(object -> !OutboundTable.onlyTcp((ServiceSpec) object.spec()))
                  .isPresent();
        };
    boolean named = !(table instanceof Table.Reach); // shares its name with the table of all
    if (!exists) {
      if (named) {
        tableNames.remove(table.resourceName());
      }
      remove(table.scope(), ResourceType.ROUTES, table.resourceName());
      return;
    }
    counters.routes.increment();
    if (named) {
      tableNames.put(table.resourceName(), table);
    }
    keep(tables.produce(table, table.scope(), Map.of()));
  }

  Optional<Table> tableNamed(String name) {
    return Optional.ofNullable(tableNames.get(name));
  }

  /** Whether a service says whom it calls. */
  boolean bounded(ObjectKey caller) {
    return world.find(caller).filter(object -> !Calls.of(object).everything()).isPresent();
  }

  /**
   * The sidecars of a service that says whom it calls are shown the clusters of these, and those
   * that their routes lead to.
   */
  void reachClusters(ObjectKey caller) {
    Scope scope = Names.reach(caller);
    if (!bounded(caller)) {
      narrowScopes.remove(scope);
      dropScope(scope);
      return;
    }
    Calls calls = world.find(caller).map(Calls::of).orElse(Calls.ALL);
    Set<String> wanted = new LinkedHashSet<>();
    for (ResourceObject service : world.ofKind(Kind.SERVICE)) {
      if (calls.includes(service.key())) {
        wanted.add(Names.cluster(service.key()));
      }
    }
    clusters(scope, wanted);
  }

  /** A gateway is shown the clusters that its routes name, and no others. */
  void gatewayClusters(ObjectKey gateway) {
    Scope scope = Names.gateway(gateway);
    Set<String> wanted = new LinkedHashSet<>();
    for (BoundRoute route : tables.routes()) {
      if (!route.http()
          && route.gateways().stream().anyMatch(place -> place.gateway().equals(gateway))) {
        route
            .gatewayTargets()
            .getFirst()
            .backends()
            .forEach(backend -> wanted.add(backend.cluster()));
      }
    }
    clusters(scope, wanted);
  }

  /** Beside those that are wanted also those that the tables of the scope name. */
  private void clusters(Scope scope, Set<String> wanted) {
    narrowScopes.add(scope);
    Map<ResourceKey, Produced> present = standing.getOrDefault(scope, Map.of());
    for (Produced produced : present.values()) {
      if (produced.resource().type() == ResourceType.ROUTES) {
        wanted.addAll(produced.resource().references());
      }
    }
    for (ResourceKey key : List.copyOf(present.keySet())) {
      if (key.type() == ResourceType.CLUSTER
          && (!wanted.contains(key.name()) || serviceOf(key.name()).isEmpty())) {
        removeCluster(scope, key.name());
      }
    }
    for (String name : wanted) {
      serviceOf(name).ifPresent(service -> cluster(scope, service));
    }
  }

  /** A gateway is shown the secrets that its listeners name, and nobody else is. */
  void gatewaySecrets(ObjectKey gateway) {
    Scope scope = Names.gateway(gateway);
    Set<ResourceKey> wanted = new LinkedHashSet<>();
    world
        .find(gateway)
        .ifPresent(object -> {
          for (ObjectKey key : GatewayListeners.of(world, object).secrets()) {
            world
                .find(key)
                .ifPresent(secret ->
                    add(
                        scope,
                        wanted,
                        ResourceType.SECRET,
                        Names.secret(key),
                        TlsProtos.secret(key, (SecretSpec) secret.spec()),
                        origin(secret)));
          }
        });
    for (ResourceKey key : List.copyOf(standing.getOrDefault(scope, Map.of()).keySet())) {
      if (key.type() == ResourceType.SECRET && !wanted.contains(key)) {
        remove(scope, key.type(), key.name());
      }
    }
  }

  private Optional<ResourceObject> serviceOf(String cluster) {
    return Names.serviceOf(cluster).flatMap(world::find);
  }

  /** What only one node sees. */
  void node(Scope scope, NodeFacts facts) {
    Set<ResourceKey> wanted = new LinkedHashSet<>();
    switch (facts) {
      case NodeFacts.Sidecar sidecar -> {
        add(
            scope,
            wanted,
            ResourceType.CLUSTER,
            Names.INBOUND,
            Clusters.ofApplication(sidecar.app()),
            Map.of());
        Map<ObjectKey, Long> from = new HashMap<>();
        ObjectKey service = new ObjectKey(Kind.SERVICE, sidecar.namespace(), sidecar.service());
        AccessLog log =
            new Policies(world, from).accessLog(List.of(new Policies.Place(service, "")));
        listener(scope, wanted, HttpListeners.inbound(sidecar.inbound(), log), from);
        listener(
            scope,
            wanted,
            HttpListeners.outbound(
                sidecar.outbound(), Names.outboundRoutes(sidecar.namespace()), log),
            from);
      }
      case NodeFacts.GatewayProxy proxy -> {
        ResourceObject gateway = world.objects().get(Names.gatewayOf(proxy));
        if (gateway != null) {
          gatewayListeners(scope, wanted, proxy, gateway);
        }
      }
      case NodeFacts.Grpc grpc ->
          grpc.server()
              .ifPresent(address ->
                  listener(
                      scope,
                      wanted,
                      ProxylessListeners.server(address, grpc.certificates()),
                      Map.of()));
      case NodeFacts.Unusable _ -> {}
    }
    for (ResourceKey key : List.copyOf(standing.getOrDefault(scope, Map.of()).keySet())) {
      if (!wanted.contains(key)) {
        remove(scope, key.type(), key.name());
      }
    }
  }

  private void gatewayListeners(
      Scope scope, Set<ResourceKey> wanted, NodeFacts.GatewayProxy proxy, ResourceObject gateway) {
    GatewayListeners listeners = GatewayListeners.of(world, gateway);
    List<String> addresses =
        listeners.addresses().isEmpty() ? List.of(proxy.bind()) : listeners.addresses();
    for (int port : listeners.ports()) {
      Map<ObjectKey, Long> from = new HashMap<>(origin(gateway));
      for (ObjectKey set : listeners.sets()) {
        world.find(set).ifPresent(object -> from.putAll(origin(object)));
      }
      GatewayPort written = new GatewayPort(world, listeners, port, tables.routes(), from);
      String plain = Names.gatewayRoutes(gateway.key(), port);
      for (String address : addresses) {
        String name = addresses.size() == 1 ? plain : plain + "/" + address;
        written
            .listener(name, new HostPort(address, port))
            .ifPresent(listener -> listener(scope, wanted, listener, from));
      }
    }
  }

  private void listener(
      Scope scope, Set<ResourceKey> wanted, Listener listener, Map<ObjectKey, Long> from) {
    counters.listeners.increment();
    add(scope, wanted, ResourceType.LISTENER, listener.getName(), listener, from);
  }

  private void add(
      Scope scope,
      Set<ResourceKey> wanted,
      ResourceType type,
      String name,
      Message message,
      Map<ObjectKey, Long> from) {
    EncodedResource resource = EncodedResource.of(type, name, message);
    wanted.add(resource.key());
    put(scope, resource, from);
  }

  void dropScope(Scope scope) {
    Map<ResourceKey, Produced> present = standing.getOrDefault(scope, Map.of());
    for (ResourceKey key : List.copyOf(present.keySet())) {
      remove(scope, key.type(), key.name());
    }
    standing.remove(scope);
    tableNames.values().removeIf(table -> table.scope().equals(scope));
  }

  /** Hands out what differs since the last call. */
  Translation finish(Set<Scope> declared, Map<ObjectKey, Verdict> verdicts, Set<ObjectKey> gone) {
    Translation translation =
        new Translation(
            declared, new ArrayList<>(put.values()), new ArrayList<>(removed), verdicts, gone);
    put.clear();
    removed.clear();
    return translation;
  }

  static Map<ObjectKey, Long> origin(ResourceObject object) {
    return Map.of(object.key(), object.metadata().generation());
  }

  void put(Scope scope, EncodedResource resource, Map<ObjectKey, Long> from) {
    keep(new Produced(scope, resource, from));
  }

  Optional<Produced> standing(Place place) {
    return Optional.ofNullable(standing.getOrDefault(place.scope(), Map.of()).get(place.key()));
  }

  Set<Place> places() {
    Set<Place> places = new LinkedHashSet<>();
    standing.forEach(
        (scope, present) -> present.keySet().forEach(key -> places.add(new Place(scope, key))));
    return places;
  }

  private Produced shared(Produced own) {
    Optional<Produced> twin = elder == null ? Optional.empty() : elder.standing(own.place());
    if (twin.isEmpty() || !twin.get().resource().version().equals(own.resource().version())) {
      return own;
    }
    return twin.get().from().equals(own.from())
        ? twin.get()
        : new Produced(own.scope(), twin.get().resource(), own.from());
  }

  private void keep(Produced made) {
    Produced produced = shared(made);
    Produced before =
        standing
            .computeIfAbsent(produced.scope(), s -> new HashMap<>())
            .put(produced.resource().key(), produced);
    boolean same =
        before != null
            && before.resource().version().equals(produced.resource().version())
            && before.from().equals(produced.from());
    Place place = produced.place();
    if (!same) {
      put.put(place, produced);
      removed.remove(place);
    }
  }

  void remove(Scope scope, ResourceType type, String name) {
    Place place = new Place(scope, new ResourceKey(type, name));
    Map<ResourceKey, Produced> present = standing.get(scope);
    if (present != null && present.remove(place.key()) != null) {
      put.remove(place);
      removed.add(place);
    }
  }
}
