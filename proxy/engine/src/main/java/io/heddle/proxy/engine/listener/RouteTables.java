package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.exchange.RouteHolder;
import io.heddle.proxy.engine.exchange.ScopeHolder;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.proxy.engine.route.ScopeKey;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.RouteTable.HostSource;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The routes, virtual hosts and scopes that listeners share by name. Guarded by the lock of {@link
 * Listeners}.
 */
final class RouteTables {
  private final ChainCompiler compiler;
  private final Map<String, Entry> byName = new HashMap<>();
  private final Map<String, ScopeSet> scopes = new HashMap<>();

  /** Routes of one name: the table, and the virtual hosts that came one by one. */
  private static final class Entry {
    final RouteHolder holder = new RouteHolder();
    RouteTable table = CompiledRoutes.NOTHING;
    final Map<String, VirtualHostConfig> hosts = new LinkedHashMap<>();
  }

  /** Scopes of one name. */
  private static final class ScopeSet {
    final ScopeHolder.Scopes shared = new ScopeHolder.Scopes();
    Map<String, RouteHolder> inline = Map.of();
    boolean known;
  }

  RouteTables(ChainCompiler compiler) {
    this.compiler = compiler;
  }

  /** Where listeners find the routes of a name, now or later. */
  RouteHolder holder(String name) {
    return byName.computeIfAbsent(name, _ -> new Entry()).holder;
  }

  /** Where listeners find the scopes of a name, now or later. */
  ScopeHolder.Scopes scopes(String name) {
    return scopes.computeIfAbsent(name, _ -> new ScopeSet()).shared;
  }

  List<ConfigError> apply(RouteTable table) {
    Entry entry = byName.computeIfAbsent(table.name(), _ -> new Entry());
    List<ConfigError> errors = compile(entry, table, entry.hosts);
    if (errors.isEmpty()) {
      entry.table = table;
    }
    return errors;
  }

  /** Adds, changes and removes virtual hosts; those that come before their table wait for it. */
  List<ConfigError> applyHosts(
      String name, Collection<VirtualHostConfig> changed, Set<String> removed) {
    Entry entry = byName.computeIfAbsent(name, _ -> new Entry());
    Map<String, VirtualHostConfig> hosts = new LinkedHashMap<>(entry.hosts);
    removed.forEach(hosts::remove);
    changed.forEach(host -> hosts.put(host.name(), host));
    List<ConfigError> errors =
        entry.holder.get().known() ? compile(entry, entry.table, hosts) : List.of();
    if (errors.isEmpty()) {
      entry.hosts.clear();
      entry.hosts.putAll(hosts);
    }
    return errors;
  }

  private List<ConfigError> compile(
      Entry entry, RouteTable table, Map<String, VirtualHostConfig> hosts) {
    RouteTable whole = table;
    if (table.hostSource() instanceof HostSource.Vhds && !hosts.isEmpty()) {
      List<VirtualHostConfig> all = new ArrayList<>(table.virtualHosts());
      all.addAll(hosts.values());
      whole = table.withVirtualHosts(all);
    }
    List<ConfigError> errors = new ArrayList<>();
    CompiledRoutes compiled = compiler.routes(whole, entry.holder.get().compiled(), errors);
    if (errors.isEmpty()) {
      entry.holder.set(new RouteHolder.Routes(compiled, whole.internalOnlyHeaders(), true));
    } else {
      compiled.done();
    }
    return errors;
  }

  boolean remove(String name) {
    Entry entry = byName.get(name);
    if (entry == null || !entry.holder.get().known()) {
      return false;
    }
    entry.holder.clear();
    entry.table = CompiledRoutes.NOTHING;
    entry.hosts.clear();
    return true;
  }

  boolean has(String name) {
    Entry entry = byName.get(name);
    return entry != null && entry.holder.get().known();
  }

  /** Puts these scopes in the place of all of that name. */
  List<ConfigError> applyScopes(String name, Collection<ScopedRoute> given) {
    ScopeSet set = scopes.computeIfAbsent(name, _ -> new ScopeSet());
    List<ConfigError> errors = new ArrayList<>();
    Map<String, RouteHolder> inline = new HashMap<>();
    Map<String, RouteHolder> byKey = scopes(given, set.inline, inline, "Scopes " + name, errors);
    if (!errors.isEmpty()) {
      return errors;
    }
    set.shared.set(byKey);
    set.inline.forEach((scope, holder) -> {
      if (!inline.containsKey(scope)) {
        holder.clear();
      }
    });
    set.inline = inline;
    set.known = true;
    return errors;
  }

  /**
   * The holders of scopes by key.
   *
   * @param before holders of inline tables by scope, which are kept
   * @param inline gets those of now
   */
  Map<String, RouteHolder> scopes(
      Collection<ScopedRoute> given,
      Map<String, RouteHolder> before,
      Map<String, RouteHolder> inline,
      String resource,
      List<ConfigError> errors) {
    Map<String, RouteHolder> byKey = new HashMap<>();
    Map<String, String> owners = new HashMap<>();
    Map<String, RouteHolder.Routes> compiled = new HashMap<>();
    for (ScopedRoute scope : given) {
      String key = ScopeKey.text(scope.key());
      String owner = owners.putIfAbsent(key, scope.name());
      if (owner != null) {
        errors.add(
            new ConfigError(
                resource,
                "ScopedRouteConfiguration " + scope.name() + ".key",
                String.join("|", scope.key()),
                "a key used once; scope " + owner + " has it"));
        continue;
      }
      switch (scope.routes()) {
        case ScopedRoute.Routes.Named named -> byKey.put(key, holder(named.routeConfigName()));
        case ScopedRoute.Routes.Inline table -> {
          RouteHolder holder = before.getOrDefault(scope.name(), new RouteHolder());
          compiled.put(
              scope.name(),
              new RouteHolder.Routes(
                  compiler.routes(table.table(), CompiledRoutes.EMPTY, errors),
                  table.table().internalOnlyHeaders(),
                  true));
          inline.put(scope.name(), holder);
          byKey.put(key, holder);
        }
      }
    }
    compiled.forEach((scope, routes) -> {
      RouteHolder holder = inline.get(scope);
      if (errors.isEmpty() && holder != null) {
        holder.set(routes);
      } else {
        routes.compiled().done();
      }
    });
    return byKey;
  }

  boolean removeScopes(String name) {
    ScopeSet set = scopes.get(name);
    if (set == null || !set.known) {
      return false;
    }
    set.shared.set(Map.of());
    set.inline.values().forEach(RouteHolder::clear);
    set.inline = Map.of();
    set.known = false;
    return true;
  }

  boolean hasScopes(String name) {
    ScopeSet set = scopes.get(name);
    return set != null && set.known;
  }

  /** Lets go of everything. */
  void clear() {
    byName.values().forEach(entry -> entry.holder.clear());
    List.copyOf(scopes.keySet()).forEach(this::removeScopes);
  }
}
