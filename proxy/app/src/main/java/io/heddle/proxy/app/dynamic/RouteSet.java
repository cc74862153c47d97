package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.client.ResourceUpdate;
import io.heddle.xds.client.XdsClient;
import io.heddle.xds.client.XdsScheduler;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import io.heddle.xds.model.parse.ResourceParser;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The route tables and scopes that listeners name, and the virtual hosts that tables name. Routes
 * are let go after the last listener that named them.
 *
 * <p>The three services stand in one class as each names what the next is to bring.
 */
final class RouteSet {
  private static final Logger LOG = LoggerFactory.getLogger(RouteSet.class);

  private final Engine engine;
  private final ResourceParser parser;
  private final Subscriber subscriber;
  private final UpdateCounts counts;
  private final Runnable settled;
  private final HostStore hosts;
  private final FetchTimers routeTimers;
  private final FetchTimers scopeTimers;
  private final FetchTimers hostTimers;

  private final Map<String, RouteTable> tables = new HashMap<>();
  private final Map<String, Origin> tableOrigins = new HashMap<>();
  private final Map<Origin, Map<String, ScopedRoute>> scopes = new HashMap<>();

  /** What all listeners of now and of soon need. */
  private Map<String, SourceConfig> routesUsed = Map.of();

  private Map<String, ListenerNeeds.Scopes> scopesUsed = Map.of();

  /** Under which connection manager each route table is counted. */
  private final RoutePrefixes prefixes = new RoutePrefixes();

  /**
   * Makes an empty set.
   *
   * @param settled run when something that was waited for has come, or is waited for no longer
   */
  RouteSet(
      Engine engine,
      XdsScheduler scheduler,
      ResourceParser parser,
      Subscriber subscriber,
      UpdateCounts counts,
      Runnable settled) {
    this.engine = engine;
    this.parser = parser;
    this.subscriber = subscriber;
    this.counts = counts;
    this.settled = settled;
    this.hosts = new HostStore(engine, parser);
    this.routeTimers = new FetchTimers(scheduler);
    this.scopeTimers = new FetchTimers(scheduler);
    this.hostTimers = new FetchTimers(scheduler);
  }

  /** What of these needs can never be met. */
  Optional<String> refusal(ListenerNeeds needs) {
    for (SourceConfig source : needs.routes().values()) {
      Optional<String> why = subscriber.refusal(ResourceType.ROUTES, source.origin());
      if (why.isPresent()) {
        return why;
      }
    }
    for (ListenerNeeds.Scopes source : needs.scopes().values()) {
      Optional<String> why =
          subscriber.refusal(ResourceType.SCOPED_ROUTES, source.scopes().origin());
      if (why.isEmpty()) {
        why = subscriber.refusal(ResourceType.ROUTES, source.routes().origin());
      }
      if (why.isPresent()) {
        return why;
      }
    }
    return Optional.empty();
  }

  /** Whether everything that a listener needs is there or is waited for no longer. */
  boolean ready(ListenerNeeds needs) {
    for (String route : needs.routes().keySet()) {
      if (!hasRoutes(route)) {
        return false;
      }
    }
    for (Map.Entry<String, ListenerNeeds.Scopes> entry : needs.scopes().entrySet()) {
      if (scopeTimers.overdue(entry.getKey())) {
        continue;
      }
      Map<String, ScopedRoute> known = scopes.get(entry.getValue().scopes().origin());
      if (known == null || !engine.hasScopes(entry.getKey())) {
        return false;
      }
      for (ScopedRoute scope : known.values()) {
        if (scope.routes() instanceof ScopedRoute.Routes.Named named
            && !hasRoutes(named.routeConfigName())) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean hasRoutes(String route) {
    if (routeTimers.overdue(route)) {
      return true;
    }
    RouteTable table = tables.get(route);
    if (table == null) {
      return false;
    }
    return !(table.hostSource() instanceof RouteTable.HostSource.Vhds)
        || hostTimers.overdue(route)
        || hosts.answered(hostOrigin(route, table));
  }

  /** Takes over what all listeners need together, and lets go of everything else. */
  void use(Collection<ListenerNeeds> all) {
    Map<String, SourceConfig> routes = new HashMap<>();
    Map<String, ListenerNeeds.Scopes> sets = new HashMap<>();
    prefixes.begin();
    for (ListenerNeeds needs : all) {
      routes.putAll(needs.routes());
      needs.prefixes().forEach(prefixes::add);
      sets.putAll(needs.scopes());
    }
    for (String gone : List.copyOf(scopesUsed.keySet())) {
      if (!sets.containsKey(gone)) {
        engine.removeScopes(gone);
      }
    }
    scopesUsed = sets;
    Set<Origin> scopeOrigins = new HashSet<>();
    sets.values().forEach(set -> scopeOrigins.add(set.scopes().origin()));
    scopes.keySet().retainAll(scopeOrigins);
    for (Map.Entry<String, ListenerNeeds.Scopes> set : sets.entrySet()) {
      Map<String, ScopedRoute> known = scopes.get(set.getValue().scopes().origin());
      if (known != null) {
        if (!engine.hasScopes(set.getKey())) {
          var _ = engine.applyScopes(set.getKey(), known.values());
        }
        addNamed(known, set.getValue(), routes);
      } else {
        scopeTimers.await(
            set.getKey(),
            set.getValue().scopes().initialFetchTimeout(),
            why -> {
              counts.timedOut(
                  ResourceType.SCOPED_ROUTES, set.getValue().scopes().origin(), XdsClient.WILDCARD);
              overdue(scopeTimers, "Scopes " + set.getKey(), set.getKey(), why);
            });
      }
    }
    scopeTimers.retain(sets.keySet());
    routesUsed = routes;
    letGoOfRoutes();
    for (Map.Entry<String, SourceConfig> route : routes.entrySet()) {
      if (!tables.containsKey(route.getKey())) {
        await(route.getKey(), route.getValue());
      }
    }
    subscribe();
  }

  private void await(String name, SourceConfig source) {
    routeTimers.await(
        name,
        source.initialFetchTimeout(),
        why -> {
          counts.timedOut(ResourceType.ROUTES, source.origin(), name);
          overdue(routeTimers, "Routes " + name, name, why);
        });
  }

  private void addNamed(
      Map<String, ScopedRoute> known, ListenerNeeds.Scopes set, Map<String, SourceConfig> routes) {
    for (ScopedRoute scope : known.values()) {
      if (scope.routes() instanceof ScopedRoute.Routes.Named named) {
        routes.putIfAbsent(named.routeConfigName(), set.routes());
        prefixes.add(named.routeConfigName(), set.prefix());
      }
    }
  }

  private void letGoOfRoutes() {
    for (String name : List.copyOf(tables.keySet())) {
      if (!routesUsed.containsKey(name)) {
        tables.remove(name);
        tableOrigins.remove(name);
        engine.removeRoutes(name);
      }
    }
    routeTimers.retain(routesUsed.keySet());
    hostTimers.retain(routesUsed.keySet());
  }

  private void subscribe() {
    Map<Origin, Set<String>> routes = new HashMap<>();
    routesUsed.forEach(
        (name, source) -> routes.computeIfAbsent(source.origin(), _ -> new HashSet<>()).add(name));
    count();
    subscriber.subscribe(ResourceType.ROUTES, routes);
    Map<Origin, Set<String>> sets = new HashMap<>();
    scopesUsed.values().forEach(set -> sets.put(set.scopes().origin(), Set.of(XdsClient.WILDCARD)));
    subscriber.subscribe(ResourceType.SCOPED_ROUTES, sets);
    Map<Origin, Set<String>> virtual = new HashMap<>();
    tables.forEach((name, table) -> {
      if (table.hostSource() instanceof RouteTable.HostSource.Vhds) {
        virtual.put(hostOrigin(name, table), Set.of(XdsClient.WILDCARD));
      }
    });
    hosts.retain(virtual.keySet());
    subscriber.subscribe(ResourceType.VIRTUAL_HOSTS, virtual);
  }

  private void count() {
    List<Subscription> routes = new ArrayList<>();
    routesUsed.forEach((name, source) ->
        routes.add(
            new Subscription(ResourceType.ROUTES, source.origin(), name, prefixes.of(name), name)));
    counts.want(ResourceType.ROUTES, routes);
    List<Subscription> sets = new ArrayList<>();
    scopesUsed.forEach((name, set) -> sets.add(counted(name, set)));
    counts.want(ResourceType.SCOPED_ROUTES, sets);
    scopesUsed.forEach((name, set) ->
        counts.scopes(
            counted(name, set), scopes.getOrDefault(set.scopes().origin(), Map.of()).size()));
    List<Subscription> virtual = new ArrayList<>();
    tables.forEach((name, table) -> {
      if (table.hostSource() instanceof RouteTable.HostSource.Vhds) {
        virtual.add(
            new Subscription(
                ResourceType.VIRTUAL_HOSTS,
                hostOrigin(name, table),
                XdsClient.WILDCARD,
                prefixes.of(name),
                name));
      }
    });
    counts.want(ResourceType.VIRTUAL_HOSTS, virtual);
  }

  private static Subscription counted(String name, ListenerNeeds.Scopes set) {
    return new Subscription(
        ResourceType.SCOPED_ROUTES, set.scopes().origin(), XdsClient.WILDCARD, set.prefix(), name);
  }

  private Origin hostOrigin(String name, RouteTable table) {
    Origin written =
        table.hostSource() instanceof RouteTable.HostSource.Vhds vhds
            ? vhds.origin()
            : Origin.Self.SELF;
    return ListenerNeeds.resolve(written, tableOrigins.getOrDefault(name, Origin.Ads.ADS));
  }

  /** Applies an update of RDS. */
  Map<String, String> applyRoutes(Origin from, ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    for (ReceivedResource resource : update.resources()) {
      String name = resource.name();
      Parsed<RouteTable> parsed = parser.routes(resource.body());
      switch (parsed) {
        case Parsed.Refused<RouteTable> bad -> refused.put(name, bad.message());
        case Parsed.Ok<RouteTable> good -> {
          DynamicConfig.warn(good);
          take(good.value(), from).ifPresent(why -> refused.put(name, why));
        }
      }
    }
    for (String name : update.absent()) {
      overdue(routeTimers, "Routes " + name, name, "the control plane has none");
    }
    subscribe();
    settled.run();
    return refused;
  }

  private Optional<String> take(RouteTable table, Origin from) {
    String name = table.name();
    if (table.hostSource() instanceof RouteTable.HostSource.Vhds vhds) {
      Optional<String> why =
          subscriber.refusal(
              ResourceType.VIRTUAL_HOSTS, ListenerNeeds.resolve(vhds.origin(), from));
      if (why.isPresent()) {
        return why.map(text -> "RouteConfiguration " + name + ": vhds.config_source: " + text);
      }
    }
    List<ConfigError> errors = engine.applyRoutes(table);
    if (!errors.isEmpty()) {
      return Optional.of(Refusals.text(errors));
    }
    tables.put(name, table);
    tableOrigins.put(name, from);
    routeTimers.came(name);
    if (table.hostSource() instanceof RouteTable.HostSource.Vhds vhds) {
      Origin origin = hostOrigin(name, table);
      hosts.give(origin, name);
      if (!hosts.answered(origin)) {
        hostTimers.await(
            name,
            vhds.initialFetchTimeout(),
            why -> {
              counts.timedOut(ResourceType.VIRTUAL_HOSTS, origin, XdsClient.WILDCARD);
              overdue(hostTimers, "Virtual hosts of " + name, name, why);
            });
      }
    }
    return Optional.empty();
  }

  /** Applies an update of SRDS. */
  Map<String, String> applyScopes(Origin from, ResourceUpdate update) {
    Map<String, String> refused = new TreeMap<>();
    Map<String, ScopedRoute> next = new TreeMap<>(scopes.getOrDefault(from, Map.of()));
    update.removed().forEach(next::remove);
    for (ReceivedResource resource : update.resources()) {
      Parsed<ScopedRoute> parsed = parser.scopedRoute(resource.body());
      switch (parsed) {
        case Parsed.Refused<ScopedRoute> bad -> refused.put(resource.name(), bad.message());
        case Parsed.Ok<ScopedRoute> good -> {
          DynamicConfig.warn(good);
          next.put(resource.name(), good.value());
        }
      }
    }
    ScopeKeys.refuseShared(scopes.getOrDefault(from, Map.of()), next, refused);
    for (Map.Entry<String, ListenerNeeds.Scopes> set : scopesUsed.entrySet()) {
      if (set.getValue().scopes().origin().equals(from)) {
        List<ConfigError> errors = engine.applyScopes(set.getKey(), next.values());
        if (!errors.isEmpty()) {
          for (ReceivedResource resource : update.resources()) {
            refused.putIfAbsent(resource.name(), Refusals.text(errors));
          }
          return refused;
        }
        scopeTimers.came(set.getKey());
      }
    }
    scopes.put(from, next);
    scopesChanged();
    return refused;
  }

  /** The names of the scopes in force, by the name of what they are for. */
  Map<String, Set<String>> scopeNames() {
    Map<String, Set<String>> names = new TreeMap<>();
    scopesUsed.forEach((set, from) ->
        names.put(set, Set.copyOf(scopes.getOrDefault(from.scopes().origin(), Map.of()).keySet())));
    return names;
  }

  private void scopesChanged() {
    Map<String, SourceConfig> routes = new HashMap<>(routesUsed);
    for (ListenerNeeds.Scopes set : scopesUsed.values()) {
      addNamed(scopes.getOrDefault(set.scopes().origin(), Map.of()), set, routes);
    }
    for (Map.Entry<String, SourceConfig> route : routes.entrySet()) {
      if (!tables.containsKey(route.getKey())) {
        await(route.getKey(), route.getValue());
      }
    }
    routesUsed = routes;
    subscribe();
    settled.run();
  }

  /** Applies an update of VHDS. */
  Map<String, String> applyHosts(Origin from, ResourceUpdate update) {
    Set<String> named = new HashSet<>();
    tables.forEach((name, table) -> {
      if (table.hostSource() instanceof RouteTable.HostSource.Vhds
          && hostOrigin(name, table).equals(from)) {
        named.add(name);
        hostTimers.came(name);
      }
    });
    Map<String, String> refused = hosts.apply(from, update, named);
    settled.run();
    return refused;
  }

  private void overdue(FetchTimers timers, String what, String name, String why) {
    boolean there = timers == routeTimers && tables.containsKey(name);
    if (!there && timers.giveUp(name)) {
      LOG.warn("{}: {}; listeners that name them serve without", what, why);
      settled.run();
    }
  }

  /** The clusters that routes name. */
  void addClusters(Set<String> names) {
    for (RouteTable table : tables.values()) {
      names.addAll(table.clusterNames());
    }
    hosts.addClusters(names);
  }
}
