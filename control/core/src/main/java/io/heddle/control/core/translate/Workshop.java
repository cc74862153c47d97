package io.heddle.control.core.translate;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
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

/**
 * Makes single resources and remembers what stands where, so that only what differs is handed out.
 * Owned by its translator's thread.
 */
final class Workshop {
  private final World world;
  private final RouteTables tables;
  private final TranslatorCounters counters;
  private final Map<Scope, Map<ResourceKey, Produced>> standing = new HashMap<>();
  private final Map<String, Table> tableNames = new HashMap<>();
  private final Map<Place, Produced> put = new LinkedHashMap<>();
  private final Set<Place> removed = new LinkedHashSet<>();

  Workshop(World world, RouteTables tables, TranslatorCounters counters) {
    this.world = world;
    this.tables = tables;
    this.counters = counters;
  }

  void cluster(ObjectKey service) {
    counters.clusters.increment();
    ResourceObject object = world.objects().get(service);
    if (object == null) {
      remove(Names.CLUSTERS, ResourceType.CLUSTER, Names.cluster(service));
    } else {
      put(Names.CLUSTERS, clusterOf(service), origin(object));
    }
  }

  private static EncodedResource clusterOf(ObjectKey service) {
    return EncodedResource.of(
        ResourceType.CLUSTER, Names.cluster(service), Clusters.ofService(service));
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
      GatewayListeners.of(object)
          .ports()
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
          case Table.GatewayPort place -> {
            ResourceObject gateway = world.objects().get(place.gateway());
            yield gateway != null && Translator.portsOf(gateway).contains(place.port());
          }
        };
    if (!exists) {
      tableNames.remove(table.resourceName());
      remove(table.scope(), ResourceType.ROUTES, table.resourceName());
      return;
    }
    counters.routes.increment();
    tableNames.put(table.resourceName(), table);
    keep(tables.produce(table, table.scope(), Map.of()));
  }

  Optional<Table> tableNamed(String name) {
    return Optional.ofNullable(tableNames.get(name));
  }

  /** A gateway is shown the clusters that its routes name, and no others. */
  void gatewayClusters(ObjectKey gateway) {
    Scope scope = Names.gateway(gateway);
    Map<ResourceKey, Produced> present = standing.getOrDefault(scope, Map.of());
    Set<String> wanted = new LinkedHashSet<>();
    for (Produced produced : present.values()) {
      if (produced.resource().type() == ResourceType.ROUTES) {
        wanted.addAll(produced.resource().references());
      }
    }
    for (ResourceKey key : List.copyOf(present.keySet())) {
      if (key.type() == ResourceType.CLUSTER
          && (!wanted.contains(key.name()) || serviceOf(key.name()).isEmpty())) {
        remove(scope, ResourceType.CLUSTER, key.name());
      }
    }
    for (String name : wanted) {
      serviceOf(name).ifPresent(service -> put(scope, clusterOf(service.key()), origin(service)));
    }
  }

  private Optional<ResourceObject> serviceOf(String cluster) {
    int slash = cluster.indexOf('/');
    return slash < 1
        ? Optional.empty()
        : Optional.ofNullable(
            world
                .objects()
                .get(
                    new ObjectKey(
                        Kind.SERVICE, cluster.substring(0, slash), cluster.substring(slash + 1))));
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
        listener(scope, wanted, HttpListeners.inbound(sidecar.inbound()), Map.of());
        listener(
            scope,
            wanted,
            HttpListeners.outbound(sidecar.outbound(), sidecar.namespace()),
            Map.of());
      }
      case NodeFacts.GatewayProxy proxy -> {
        ResourceObject gateway = world.objects().get(Names.gatewayOf(proxy));
        if (gateway != null) {
          gatewayListeners(scope, wanted, proxy, gateway);
        }
      }
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
    GatewayListeners listeners = GatewayListeners.of(gateway);
    List<String> addresses =
        listeners.addresses().isEmpty() ? List.of(proxy.bind()) : listeners.addresses();
    for (int port : listeners.ports()) {
      String routes = Names.gatewayRoutes(gateway.key(), port);
      for (String address : addresses) {
        String name = addresses.size() == 1 ? routes : routes + "/" + address;
        listener(
            scope,
            wanted,
            HttpListeners.gateway(name, routes, new HostPort(address, port)),
            origin(gateway));
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

  private static Map<ObjectKey, Long> origin(ResourceObject object) {
    return Map.of(object.key(), object.metadata().generation());
  }

  private void put(Scope scope, EncodedResource resource, Map<ObjectKey, Long> from) {
    keep(new Produced(scope, resource, from));
  }

  private void keep(Produced produced) {
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

  private void remove(Scope scope, ResourceType type, String name) {
    Place place = new Place(scope, new ResourceKey(type, name));
    Map<ResourceKey, Produced> present = standing.get(scope);
    if (present != null && present.remove(place.key()) != null) {
      put.remove(place);
      removed.add(place);
    }
  }
}
