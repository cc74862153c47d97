package io.heddle.control.core.translate;

import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ListenerSetSpec;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.PolicySpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteSpec;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import io.heddle.control.api.resource.WorkloadGroupSpec;
import io.heddle.control.core.translate.RouteTables.Table;
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
 *   <li>a route: the tables of its parents, before and after; of TLS or TCP the listeners of the
 *       proxies of its Gateways; a GRPCRoute also the clusters of its Services;
 *   <li>a Gateway, or a ListenerSet of it: its tables and the listeners of its proxies, and the
 *       routes attached to it;
 *   <li>a Secret: the Gateways that name it; a ReferenceGrant: whoever refers across namespaces;
 *   <li>a BackendTLSPolicy, or a ConfigMap that it names: the clusters of its Services.
 * </ul>
 *
 * <p>Owned by one thread; only {@link #counters} may be read by others.
 */
public final class Translator {
  private final World world = new World();
  private final Referrers referrers = new Referrers(world);
  private final RouteTables tables = new RouteTables(world);
  private final TranslatorCounters counters = new TranslatorCounters();
  private final Workshop workshop;
  private final Proxyless proxyless;
  private final Map<Scope, NodeFacts> nodes = new HashMap<>();
  private final Set<String> namespaces = new LinkedHashSet<>();

  /** Services that say whom they call. */
  private final Set<ObjectKey> bounded = new LinkedHashSet<>();

  private final Set<ObjectKey> dirtyServices = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtyClusters = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtyPolicies = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtyEndpoints = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtyRoutes = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtyGateways = new LinkedHashSet<>();
  private final Set<ObjectKey> dirtySets = new LinkedHashSet<>();
  private final Set<Table> dirtyTables = new LinkedHashSet<>();
  private final Set<Scope> dirtyNodes = new LinkedHashSet<>();
  private final Map<ObjectKey, Verdict> verdicts = new LinkedHashMap<>();
  private final Set<ObjectKey> gone = new LinkedHashSet<>();

  /** Creates a translator of an empty world. */
  public Translator() {
    this(null);
  }

  private Translator(@Nullable Workshop elder) {
    this.workshop = new Workshop(world, tables, counters, elder);
    this.proxyless = new Proxyless(world, workshop);
  }

  /**
   * A translator of the same world, for changes that this one is not told of. What it produces is
   * this one's as long as the content is the same, so that only what differs costs memory. Its
   * first translation has everything.
   */
  public Translator fork() {
    Translator fork = new Translator(workshop);
    world.objects().values().forEach(fork::update);
    world.instances().forEach(fork::instances);
    nodes.forEach(fork::node);
    fork.localityShares(world.shares());
    return fork;
  }

  /** What stands in a place since the last translation. */
  public Optional<Produced> standing(Place place) {
    return workshop.standing(place);
  }

  /** Every place where something stands. */
  public Set<Place> places() {
    return workshop.places();
  }

  /** The instance beside a sidecar, as far as it is registered. */
  public Optional<RegisteredInstance> instanceOf(NodeFacts facts) {
    return facts instanceof NodeFacts.Sidecar sidecar
        ? world.instance(new ServiceKey(sidecar.namespace(), sidecar.service()), sidecar.instance())
        : Optional.empty();
  }

  /** How often what was computed. */
  public TranslatorCounters counters() {
    return counters;
  }

  /** The services that say whom they call. */
  public Set<ObjectKey> bounded() {
    return Set.copyOf(bounded);
  }

  /** Whether a scope is of the sidecars of a service that says whom it calls. */
  public boolean bounds(Scope scope) {
    for (ObjectKey caller : bounded) {
      if (scope.equals(Names.reach(caller))) {
        return true;
      }
    }
    return false;
  }

  /**
   * What a node sees, most specific first.
   *
   * @param own the scope that holds what only this node sees
   */
  public List<Scope> scopesOf(Scope own, NodeFacts facts) {
    boolean calls =
        facts instanceof NodeFacts.Sidecar sidecar && bounded.contains(Names.serviceOf(sidecar));
    return Names.scopesOf(own, facts, calls);
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

  /** The share of its weight, in percent, that a locality of a service has; of all others all. */
  public void localityShares(Map<ObjectKey, Map<Locality, Integer>> shares) {
    dirtyEndpoints.addAll(world.shares(shares));
  }

  /**
   * A node is there.
   *
   * @param own the scope that holds what only this node sees
   */
  public void node(Scope own, NodeFacts facts) {
    NodeFacts before = nodes.put(own, facts);
    if (facts.equals(before)) {
      return;
    }
    if (before instanceof NodeFacts.Grpc grpc) {
      proxyless.left(grpc);
    }
    dirtyNodes.add(own);
    switch (facts) {
      case NodeFacts.Sidecar sidecar -> {
        if (namespaces.add(sidecar.namespace())) {
          dirtyTables.add(new Table.Outbound(sidecar.namespace()));
        }
      }
      case NodeFacts.GatewayProxy gateway -> dirtyGateways.add(Names.gatewayOf(gateway));
      case NodeFacts.Grpc grpc -> dirtyTables.addAll(proxyless.joined(grpc));
      case NodeFacts.Unusable _ -> {}
    }
  }

  /** Nobody will ask for a node any more; its resources go with the next translation. */
  public void forget(Scope own) {
    NodeFacts facts = nodes.remove(own);
    if (facts != null) {
      workshop.dropScope(own);
      if (facts instanceof NodeFacts.Grpc grpc) {
        proxyless.left(grpc);
      }
    }
  }

  /** Computes what the changes since the last call touch. */
  public Translation translate() {
    Set<Scope> declared = new LinkedHashSet<>(List.of(Names.CLUSTERS, Names.ENDPOINTS));
    rebind();
    Set<String> judged = new HashSet<>();
    dirtyClusters.addAll(dirtyServices);
    for (ObjectKey key : dirtyClusters) {
      workshop.cluster(key);
      proxyless.cluster(key);
    }
    for (ObjectKey key : dirtyServices) {
      dirtyEndpoints.add(key);
      if (judged.add(key.namespace())) {
        judgeEntries(key.namespace());
      }
    }
    for (ObjectKey key : dirtyEndpoints) {
      workshop.endpoints(key);
      proxyless.endpoints(key);
    }
    proxyless.catchUp();
    for (ObjectKey key : dirtyGateways) {
      declared.add(Names.gateway(key));
      workshop.tablesOf(key).forEach(dirtyTables::add);
      nodes.forEach((own, facts) -> addIfServes(own, facts, key));
    }
    Set<ObjectKey> gateways = new LinkedHashSet<>(dirtyGateways);
    for (Table table : dirtyTables) {
      declared.add(table.scope());
      workshop.table(table);
      switch (table) {
        case Table.GatewayPort place -> gateways.add(place.gateway());
        case Table.Grpc grpc -> proxyless.listeners(grpc);
        case Table.Reach reach -> workshop.reachClusters(reach.caller());
        case Table.Outbound _ -> {}
      }
    }
    gateways.forEach(workshop::gatewayClusters);
    gateways.forEach(workshop::gatewaySecrets);
    gateways.forEach(this::judgeGateway);
    dirtySets.forEach(this::judgeSet);
    dirtyPolicies.forEach(this::judgePolicy);
    for (Scope own : dirtyNodes) {
      NodeFacts facts = nodes.get(own);
      if (facts != null) {
        declared.addAll(scopesOf(own, facts));
        workshop.node(own, facts);
      }
    }
    Translation translation = workshop.finish(declared, verdicts, gone);
    for (Set<?> dirty :
        List.of(
            dirtyServices,
            dirtyClusters,
            dirtyPolicies,
            dirtyEndpoints,
            dirtyRoutes,
            dirtyGateways,
            dirtySets,
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
    if (nodes.get(scope) instanceof NodeFacts.Sidecar sidecar
        && bounded.contains(Names.serviceOf(sidecar))) {
      Table reach = new Table.Reach(Names.serviceOf(sidecar));
      if (reach.resourceName().equals(tableName)) {
        return Optional.of(tables.produce(reach, scope, instead));
      }
    }
    return workshop.tableNamed(tableName).map(table -> tables.produce(table, scope, instead));
  }

  private void changed(
      ObjectKey key, @Nullable ResourceObject before, @Nullable ResourceObject after) {
    dirtyPolicies.addAll(referrers.policiesFor(key));
    switch (key.kind()) {
      case SERVICE -> serviceChanged(key, before, after);
      case WORKLOAD_ENTRY -> entryChanged(before, after);
      case WORKLOAD_GROUP -> groupChanged(key, before, after);
      case HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE -> dirtyRoutes.add(key);
      case GATEWAY -> gatewayChanged(key);
      case LISTENER_SET -> {
        dirtyRoutes.addAll(referrers.attachedTo(key));
        for (ResourceObject set : World.present(before, after)) {
          gatewayChanged(((ListenerSetSpec) set.spec()).gateway(key.namespace()));
        }
        if (after != null) {
          dirtySets.add(key);
        }
      }
      case REFERENCE_GRANT -> {
        fine(after);
        grantChanged(key.namespace());
      }
      case SECRET -> {
        fine(after);
        referrers.showing(key).forEach(this::gatewayChanged);
      }
      case CONFIG_MAP -> {
        fine(after);
        for (ResourceObject policy : world.inNamespace(Kind.BACKEND_TLS_POLICY, key.namespace())) {
          if (BackendTls.refersTo(policy, key)) {
            backendTlsChanged(policy);
          }
        }
      }
      case BACKEND_TLS_POLICY -> World.present(before, after).forEach(this::backendTlsChanged);
      case CLIENT_TRAFFIC_POLICY, BACKEND_TRAFFIC_POLICY, TELEMETRY_POLICY ->
          World.present(before, after).forEach(this::policyChanged);
    }
  }

  private void fine(@Nullable ResourceObject object) {
    if (object != null) {
      verdicts.put(object.key(), Verdict.fine(object.metadata().generation()));
    }
  }

  private void gatewayChanged(ObjectKey gateway) {
    dirtyGateways.add(gateway);
    dirtyRoutes.addAll(referrers.attachedTo(gateway));
    for (ResourceObject set : referrers.setsOf(gateway)) {
      dirtyRoutes.addAll(referrers.attachedTo(set.key()));
      dirtySets.add(set.key());
    }
  }

  /** Whoever refers into the namespace from outside may do so now, or no longer. */
  private void grantChanged(String namespace) {
    dirtyRoutes.addAll(referrers.sendingInto(namespace));
    for (ResourceObject secret : world.inNamespace(Kind.SECRET, namespace)) {
      referrers.showing(secret.key()).forEach(this::gatewayChanged);
    }
  }

  private void backendTlsChanged(ResourceObject policy) {
    for (ObjectKey service : BackendTls.services(policy)) {
      if (world.find(service).isPresent()) {
        dirtyClusters.add(service);
      }
    }
    // Which of several policies a Service has may be another one now.
    world
        .inNamespace(Kind.BACKEND_TLS_POLICY, policy.metadata().namespace())
        .forEach(other -> dirtyPolicies.add(other.key()));
  }

  /** What a policy names is written anew, and which of several policies counts is judged anew. */
  private void policyChanged(ResourceObject policy) {
    String namespace = policy.metadata().namespace();
    for (PolicySpec.Target target : ((PolicySpec) policy.spec()).targets()) {
      targetChanged(target.key(namespace));
    }
    world.ofKind(policy.kind()).forEach(other -> dirtyPolicies.add(other.key()));
  }

  private void targetChanged(ObjectKey target) {
    Optional<ResourceObject> object = world.find(target);
    if (object.isEmpty()) {
      return;
    }
    switch (object.get().spec()) {
      case GatewaySpec _ -> gatewayChanged(target);
      case ListenerSetSpec set -> gatewayChanged(set.gateway(target.namespace()));
      case ServiceSpec _ -> {
        dirtyClusters.add(target);
        outboundTables();
        grpcTablesOf(target);
        dirtyRoutes.addAll(referrers.sendingTo(target));
        sidecarsOf(target);
      }
      case RouteSpec _ -> dirtyRoutes.add(target);
      default -> {
        // No policy may name another kind.
      }
    }
  }

  private void judgePolicy(ObjectKey key) {
    world
        .find(key)
        .ifPresent(policy ->
            verdicts.put(
                key,
                policy.spec() instanceof PolicySpec
                    ? PolicyVerdicts.of(world, policy)
                    : BackendTls.verdict(world, policy)));
  }

  private void judgeGateway(ObjectKey key) {
    ResourceObject gateway = world.objects().get(key);
    if (gateway != null) {
      GatewayListeners listeners = GatewayListeners.of(world, gateway);
      verdicts.put(key, ListenerVerdicts.ofGateway(listeners, tables.routes()));
      dirtySets.addAll(listeners.sets());
    }
  }

  private void judgeSet(ObjectKey key) {
    world
        .find(key)
        .ifPresent(set -> verdicts.put(key, ListenerVerdicts.ofSet(world, set, tables.routes())));
  }

  private void serviceChanged(
      ObjectKey key, @Nullable ResourceObject before, @Nullable ResourceObject after) {
    dirtyServices.add(key);
    callsChanged(key);
    if (after != null) {
      verdicts.put(key, Verdict.fine(after.metadata().generation()));
    }
    outboundTables();
    grpcTablesOf(key);
    if (before == null || after == null || !World.ports(before).equals(World.ports(after))) {
      dirtyRoutes.addAll(referrers.attachedTo(key));
      dirtyRoutes.addAll(referrers.sendingTo(key));
      world
          .inNamespace(Kind.BACKEND_TLS_POLICY, key.namespace())
          .forEach(policy -> {
            if (BackendTls.services(policy).contains(key)) {
              dirtyPolicies.add(policy.key());
            }
          });
    }
  }

  /** All by which sidecars call. */
  private void outboundTables() {
    namespaces.forEach(namespace -> dirtyTables.add(new Table.Outbound(namespace)));
    bounded.forEach(caller -> dirtyTables.add(new Table.Reach(caller)));
  }

  /** Those of one namespace. */
  private void outboundTables(String namespace) {
    if (namespaces.contains(namespace)) {
      dirtyTables.add(new Table.Outbound(namespace));
    }
    for (ObjectKey caller : bounded) {
      if (caller.namespace().equals(namespace)) {
        dirtyTables.add(new Table.Reach(caller));
      }
    }
  }

  /** A service says otherwise whom it calls: its sidecars are shown other tables. */
  private void callsChanged(ObjectKey caller) {
    if (workshop.bounded(caller) ? bounded.add(caller) : bounded.remove(caller)) {
      dirtyTables.add(new Table.Reach(caller));
      sidecarsOf(caller);
    }
  }

  private void sidecarsOf(ObjectKey service) {
    nodes.forEach((own, facts) -> {
      if (facts instanceof NodeFacts.Sidecar sidecar && Names.serviceOf(sidecar).equals(service)) {
        dirtyNodes.add(own);
      }
    });
  }

  private void grpcTablesOf(ObjectKey service) {
    for (String namespace : proxyless.namespaces()) {
      dirtyTables.add(new Table.Grpc(namespace, service));
    }
  }

  private void entryChanged(@Nullable ResourceObject before, @Nullable ResourceObject after) {
    World.present(before, after).forEach(entry -> selectorsOf(entry, world.entry(entry)));
    if (after != null) {
      judgeEntry(after);
    }
  }

  private void selectorsOf(ResourceObject entry, WorkloadEntrySpec completed) {
    dirtyEndpoints.addAll(
        world.selecting(entry.metadata().namespace(), completed.effectiveLabels()));
  }

  /** Its entries are other ones now; what they were without it counts as well. */
  private void groupChanged(
      ObjectKey key, @Nullable ResourceObject before, @Nullable ResourceObject after) {
    fine(after);
    for (ResourceObject entry : world.entries(key.namespace())) {
      WorkloadEntrySpec stated = (WorkloadEntrySpec) entry.spec();
      if (stated.group().equals(key.name())) {
        selectorsOf(entry, stated);
        for (ResourceObject group : World.present(before, after)) {
          selectorsOf(entry, stated.completedBy((WorkloadGroupSpec) group.spec()));
        }
        judgeEntry(entry);
      }
    }
  }

  private void judgeEntries(String namespace) {
    world.entries(namespace).forEach(this::judgeEntry);
  }

  private void judgeEntry(ResourceObject entry) {
    verdicts.put(entry.key(), EntryVerdicts.of(world, entry));
  }

  private void rebind() {
    if (dirtyRoutes.isEmpty()) {
      return;
    }
    Map<ObjectKey, BoundRoute> before = new HashMap<>();
    tables.routes().forEach(route -> before.put(route.key(), route));
    for (ObjectKey key : dirtyRoutes) {
      ResourceObject object = world.objects().get(key);
      if (object == null) {
        tables.unbind(key);
      } else {
        tables.bind(object);
      }
    }
    Set<ObjectKey> touched = new LinkedHashSet<>(dirtyRoutes);
    touched.addAll(tables.settle());
    for (ObjectKey key : touched) {
      BoundRoute old = before.get(key);
      if (old != null) {
        mark(old);
      }
      tables
          .route(key)
          .ifPresent(route -> {
            verdicts.put(key, route.verdict());
            mark(route);
          });
    }
  }

  private void mark(BoundRoute route) {
    if (route.grpc()) {
      Set<ObjectKey> called = RouteTables.serviceTargets(route);
      called.addAll(route.services());
      called.stream().filter(key -> world.find(key).isPresent()).forEach(dirtyClusters::add);
    }
    for (ObjectKey service : route.services()) {
      grpcTablesOf(service);
      String own = route.key().namespace();
      if (service.namespace().equals(own)) {
        outboundTables();
      } else {
        outboundTables(own);
      }
    }
    for (BoundRoute.Attachment place : route.gateways()) {
      if (route.http()) {
        dirtyTables.add(new Table.GatewayPort(place.gateway(), place.port()));
      } else {
        dirtyGateways.add(place.gateway());
      }
    }
  }

  private void addIfServes(Scope own, NodeFacts facts, ObjectKey gateway) {
    if (facts instanceof NodeFacts.GatewayProxy proxy && Names.gatewayOf(proxy).equals(gateway)) {
      dirtyNodes.add(own);
    }
  }
}
