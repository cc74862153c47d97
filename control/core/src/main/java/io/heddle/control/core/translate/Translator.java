package io.heddle.control.core.translate;

import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import io.heddle.control.core.translate.RouteTables.Table;
import io.heddle.control.core.translate.Verdict.Problem;
import io.heddle.xds.server.Scope;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps resources true to objects, instances and nodes, computing anew only what a change touches.
 *
 * <p>The methods that tell of changes only note them; {@link #translate} computes. What is dirty
 * after a change:
 *
 * <ul>
 *   <li>an instance: the endpoints of the Services that select it, before or after;
 *   <li>a Service: its cluster and endpoints, every outbound table, and the tables of routes that
 *       refer to it;
 *   <li>an HTTPRoute: the tables of its parents, before and after;
 *   <li>a Gateway: its tables and the listeners of its proxies, and the routes attached to it.
 * </ul>
 *
 * <p>Owned by one thread; only {@link #counters} may be read by others.
 */
public final class Translator {
  private final World world = new World();
  private final RouteTables tables = new RouteTables(world);
  private final TranslatorCounters counters = new TranslatorCounters();
  private final Workshop workshop = new Workshop(world, tables, counters);
  private final Map<Scope, NodeFacts> nodes = new HashMap<>();
  private final Set<String> namespaces = new LinkedHashSet<>();

  private final Set<ObjectKey> dirtyServices = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtyEndpoints = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtyRoutes = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtyGateways = new LinkedHashSet<>();
  private final Set<Table> dirtyTables = new LinkedHashSet<>();
  private final Set<Scope> dirtyNodes = new LinkedHashSet<>();
  private final Map<ObjectKey, Verdict> verdicts = new LinkedHashMap<>();
  private final Set<ObjectKey> gone = new LinkedHashSet<>();

  /** Creates a translator of an empty world. */
  public Translator() {}

  /** How often what was computed. */
  public TranslatorCounters counters() {
    return counters;
  }

  /** The objects that were told of. */
  public Map<ObjectKey, ResourceObject> objects() {
    return world.objects();
  }

  /** These are all objects; what else was known is gone. */
  public void relist(List<ResourceObject> objects) {
    Set<ObjectKey> left = new HashSet<>(world.objects().keySet());
    for (ResourceObject object : objects) {
      left.remove(object.key());
      if (!object.equals(world.objects().get(object.key()))) {
        update(object);
      }
    }
    left.forEach(this::remove);
  }

  /** An object is new or different. */
  public void update(ResourceObject object) {
    gone.remove(object.key());
    changed(object.key(), world.put(object), object);
  }

  /** An object is gone. */
  public void remove(ObjectKey key) {
    ResourceObject before = world.remove(key);
    if (before != null) {
      gone.add(key);
      verdicts.remove(key);
      changed(key, before, null);
    }
  }

  /** These are all instances registered under a name. */
  public void instances(ServiceKey key, List<RegisteredInstance> instances) {
    dirtyEndpoints.addAll(world.instances(key, instances));
  }

  /**
   * A node is there.
   *
   * @param own the scope that holds what only this node sees
   */
  public void node(Scope own, NodeFacts facts) {
    if (facts.equals(nodes.put(own, facts))) {
      return;
    }
    dirtyNodes.add(own);
    switch (facts) {
      case NodeFacts.Sidecar sidecar -> {
        if (namespaces.add(sidecar.namespace())) {
          dirtyTables.add(new Table.Outbound(sidecar.namespace()));
        }
      }
      case NodeFacts.GatewayProxy gateway -> dirtyGateways.add(Names.gatewayOf(gateway));
      case NodeFacts.Unusable _ -> {}
    }
  }

  /** Nobody will ask for a node any more; its resources go with the next translation. */
  public void forget(Scope own) {
    if (nodes.remove(own) != null) {
      workshop.dropScope(own);
    }
  }

  /** Computes what the changes since the last call touch. */
  public Translation translate() {
    Set<Scope> declared = new LinkedHashSet<>(List.of(Names.CLUSTERS, Names.ENDPOINTS));
    dirtyRoutes.forEach(this::rebind);
    Set<String> judged = new HashSet<>();
    for (ObjectKey key : dirtyServices) {
      workshop.cluster(key);
      dirtyEndpoints.add(key);
      if (judged.add(key.namespace())) {
        judgeEntries(key.namespace());
      }
    }
    dirtyEndpoints.forEach(workshop::endpoints);
    for (ObjectKey key : dirtyGateways) {
      declared.add(Names.gateway(key));
      workshop.tablesOf(key).forEach(dirtyTables::add);
      nodes.forEach((own, facts) -> addIfServes(own, facts, key));
    }
    Set<ObjectKey> gateways = new LinkedHashSet<>(dirtyGateways);
    for (Table table : dirtyTables) {
      declared.add(table.scope());
      workshop.table(table);
      if (table instanceof Table.GatewayPort place) {
        gateways.add(place.gateway());
      }
    }
    gateways.forEach(workshop::gatewayClusters);
    for (Scope own : dirtyNodes) {
      NodeFacts facts = nodes.get(own);
      if (facts != null) {
        declared.addAll(Names.scopesOf(own, facts));
        workshop.node(own, facts);
      }
    }
    Translation translation = workshop.finish(declared, verdicts, gone);
    for (Set<?> dirty :
        List.of(
            dirtyServices,
            dirtyEndpoints,
            dirtyRoutes,
            dirtyGateways,
            dirtyTables,
            dirtyNodes,
            gone)) {
      dirty.clear();
    }
    verdicts.clear();
    return translation;
  }

  /**
   * A route table of a node as it would be with other states of some routes; empty where there is
   * no such table.
   *
   * @param scope where it is to stand
   */
  public Optional<Produced> substitute(
      String tableName, Scope scope, Map<ObjectKey, Optional<ResourceObject>> instead) {
    return workshop.tableNamed(tableName).map(table -> tables.produce(table, scope, instead));
  }

  private void changed(
      ObjectKey key, @Nullable ResourceObject before, @Nullable ResourceObject after) {
    switch (key.kind()) {
      case SERVICE -> serviceChanged(key, before, after);
      case WORKLOAD_ENTRY -> entryChanged(before, after);
      case HTTP_ROUTE -> dirtyRoutes.add(key);
      case GATEWAY -> {
        dirtyGateways.add(key);
        if (after != null) {
          verdicts.put(key, GatewayListeners.of(after).verdict());
        }
        routesWithParent(key);
      }
    }
  }

  private void serviceChanged(
      ObjectKey key, @Nullable ResourceObject before, @Nullable ResourceObject after) {
    dirtyServices.add(key);
    if (after != null) {
      verdicts.put(key, Verdict.fine(after.metadata().generation()));
    }
    namespaces.forEach(namespace -> dirtyTables.add(new Table.Outbound(namespace)));
    if (before == null || after == null || !ports(before).equals(ports(after))) {
      routesWithParent(key);
      for (ResourceObject route : world.ofKind(Kind.HTTP_ROUTE)) {
        if (refersTo(route, key)) {
          dirtyRoutes.add(route.key());
        }
      }
    }
  }

  private static List<ServiceSpec.Port> ports(ResourceObject service) {
    return ((ServiceSpec) service.spec()).ports();
  }

  private static boolean refersTo(ResourceObject route, ObjectKey service) {
    String namespace = route.metadata().namespace();
    return ((HttpRouteSpec) route.spec())
        .rules().stream()
            .flatMap(rule -> rule.backendRefs().stream())
            .anyMatch(ref -> ref.target(namespace).equals(service));
  }

  private void routesWithParent(ObjectKey parent) {
    for (ResourceObject route : world.ofKind(Kind.HTTP_ROUTE)) {
      String namespace = route.metadata().namespace();
      if (((HttpRouteSpec) route.spec())
          .parentRefs().stream().anyMatch(ref -> ref.target(namespace).equals(parent))) {
        dirtyRoutes.add(route.key());
      }
    }
  }

  private void entryChanged(@Nullable ResourceObject before, @Nullable ResourceObject after) {
    for (ResourceObject entry : new ResourceObject[] {before, after}) {
      if (entry != null) {
        dirtyEndpoints.addAll(
            world.selecting(
                entry.metadata().namespace(),
                ((WorkloadEntrySpec) entry.spec()).effectiveLabels()));
      }
    }
    if (after != null) {
      judgeEntry(after);
    }
  }

  private void judgeEntries(String namespace) {
    world.entries(namespace).forEach(this::judgeEntry);
  }

  private void judgeEntry(ResourceObject object) {
    WorkloadEntrySpec entry = (WorkloadEntrySpec) object.spec();
    long generation = object.metadata().generation();
    boolean selected =
        !world.selecting(object.metadata().namespace(), entry.effectiveLabels()).isEmpty();
    if (!HostPort.isIpLiteral(entry.address())) {
      verdicts.put(
          object.key(),
          Verdict.refused(
              generation,
              new Problem(
                  "UnsupportedAddress",
                  "spec.address: " + entry.address() + " (expected: an IP address)")));
    } else if (!selected) {
      verdicts.put(
          object.key(),
          new Verdict(
              generation,
              List.of(
                  new Verdict.Claim(
                      Verdict.ACCEPTED, true, Verdict.ACCEPTED, "the object is in use"),
                  Verdict.claim(
                      Verdict.RESOLVED_REFS,
                      List.of(
                          new Problem(
                              "ServiceNotFound", "no Service of the namespace selects the entry")),
                      ""))));
    } else {
      verdicts.put(object.key(), Verdict.fine(generation));
    }
  }

  private void rebind(ObjectKey key) {
    tables.route(key).ifPresent(this::markTables);
    ResourceObject object = world.objects().get(key);
    if (object == null) {
      tables.unbind(key);
      return;
    }
    BoundRoute bound = tables.bind(object);
    verdicts.put(key, bound.verdict());
    markTables(bound);
  }

  private void markTables(BoundRoute route) {
    for (ObjectKey service : route.services()) {
      String own = route.key().namespace();
      if (service.namespace().equals(own)) {
        namespaces.forEach(namespace -> dirtyTables.add(new Table.Outbound(namespace)));
      } else if (namespaces.contains(own)) {
        dirtyTables.add(new Table.Outbound(own));
      }
    }
    for (BoundRoute.Attachment place : route.gateways()) {
      dirtyTables.add(new Table.GatewayPort(place.gateway(), place.port()));
    }
  }

  private void addIfServes(Scope own, NodeFacts facts, ObjectKey gateway) {
    if (facts instanceof NodeFacts.GatewayProxy proxy && Names.gatewayOf(proxy).equals(gateway)) {
      dirtyNodes.add(own);
    }
  }

  /** The ports that a Gateway has listeners on. */
  static Set<Integer> portsOf(ResourceObject gateway) {
    return gateway.spec() instanceof GatewaySpec ? GatewayListeners.of(gateway).ports() : Set.of();
  }
}
