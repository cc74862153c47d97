package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.engine.chain.FilterEntry;
import io.heddle.proxy.engine.chain.FilterList;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.exchange.RouteHolder;
import io.heddle.proxy.engine.exchange.RouteSupply;
import io.heddle.proxy.engine.exchange.ScopeHolder;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.proxy.engine.route.FilterConfigs;
import io.heddle.proxy.engine.route.ScopeKey;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.Upgrade;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.LocalReplies;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.ScopedRoute;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes HTTP connection managers and routes out of configuration. Stateless. */
final class HttpCompiler {
  private final Clusters clusters;
  private final Scope root;
  private final FilterConfigs configs;
  private final FilterCompiler filters;
  private final LogCompiler logs;
  private final FilterFactoryContext context;

  HttpCompiler(
      Clusters clusters,
      Scope root,
      FilterConfigs configs,
      FilterCompiler filters,
      LogCompiler logs,
      FilterFactoryContext context) {
    this.clusters = clusters;
    this.root = root;
    this.configs = configs;
    this.filters = filters;
    this.logs = logs;
    this.context = context;
  }

  /** Says what would be refused of a connection manager. */
  void check(
      HttpConnectionManagerConfig http, String resource, String at, List<ConfigError> errors) {
    logs.check(http.accessLogs(), true, resource, at, errors);
    if (http.addUserAgent()) {
      errors.add(new ConfigError(resource, at + ".add_user_agent", "true", "false"));
    }
    localReplies(http.localReplies(), resource, at + ".local_reply_config", errors);
    // Only to see whether they are accepted.
    filters(http, http.httpFilters(), resource, at + ".http_filters", errors).close();
    List<Upgrade> upgrades = http.upgrades().all();
    for (int i = 0; i < upgrades.size(); i++) {
      String here = at + ".upgrade_configs[" + i + "].filters";
      filters(http, upgrades.get(i).filters(), resource, here, errors).close();
    }
    switch (http.routes()) {
      case RouteSource.Inline inline ->
          inline(inline.routes(), resource, at + ".route_config.", errors);
      case RouteSource.Scoped scoped -> {
        if (scoped.scopes() instanceof RouteSource.Scopes.Inline inline) {
          for (int i = 0; i < inline.scopes().size(); i++) {
            if (inline.scopes().get(i).routes() instanceof ScopedRoute.Routes.Inline table) {
              String list =
                  ".scoped_routes.scoped_route_configurations_list.scoped_route_configurations[";
              inline(table.table(), resource, at + list + i + "].route_configuration.", errors);
            }
          }
        }
      }
      case RouteSource.Rds _ -> {}
    }
  }

  /** Compiles routes; who gets them calls {@link CompiledRoutes#done}. */
  CompiledRoutes routes(RouteTable table, CompiledRoutes before, List<ConfigError> errors) {
    return CompiledRoutes.compile(table, before, configs, clusters::nameable, errors);
  }

  /** Compiles one that {@link #check} accepts. */
  HttpChain compile(
      HttpConnectionManagerConfig http,
      ListenerConfig listener,
      String resource,
      RouteTables tables,
      List<ConfigError> errors) {
    List<RouteHolder> own = new ArrayList<>();
    RouteSupply supply =
        switch (http.routes()) {
          case RouteSource.Inline inline -> {
            RouteHolder holder = new RouteHolder();
            holder.set(
                new RouteHolder.Routes(
                    routes(inline.routes(), CompiledRoutes.EMPTY, errors),
                    inline.routes().internalOnlyHeaders(),
                    true));
            own.add(holder);
            yield holder;
          }
          case RouteSource.Rds rds -> tables.holder(rds.routeConfigName());
          case RouteSource.Scoped scoped ->
              new ScopeHolder(ScopeKey.of(scoped.key()), scopes(scoped, tables, own, errors));
        };
    return new HttpChain(
        http,
        supply,
        clusters,
        scope(http),
        filters(http, http.httpFilters(), resource, "http_filters", errors),
        upgrades(http, resource, errors),
        logs.open(http.accessLogs(), resource, errors),
        logs.loggers(http.accessLogs(), true, resource, errors),
        listener.perConnectionBufferLimitBytes(),
        () -> own.forEach(RouteHolder::clear),
        context);
  }

  /** All but the last, which is the router: that the engine is itself. */
  private FilterList filters(
      HttpConnectionManagerConfig http,
      List<ExtensionConfig> configs,
      String resource,
      String at,
      List<ConfigError> errors) {
    List<FilterEntry> entries = new ArrayList<>();
    for (int i = 0; i < configs.size() - 1; i++) {
      filters
          .http(scope(http), configs.get(i), resource, at + "[" + i + "]", errors)
          .ifPresent(entries::add);
    }
    return new FilterList(entries);
  }

  private Map<String, HttpChain.UpgradeRule> upgrades(
      HttpConnectionManagerConfig http, String resource, List<ConfigError> errors) {
    Map<String, HttpChain.UpgradeRule> rules = new HashMap<>();
    for (Upgrade upgrade : http.upgrades().all()) {
      Optional<FilterList> own =
          upgrade.filters().isEmpty()
              ? Optional.empty()
              : Optional.of(
                  filters(http, upgrade.filters(), resource, "upgrade_configs.filters", errors));
      rules.put(upgrade.name(), new HttpChain.UpgradeRule(upgrade.allowed(), own));
    }
    return rules;
  }

  private static ScopeHolder.Scopes scopes(
      RouteSource.Scoped scoped,
      RouteTables tables,
      List<RouteHolder> own,
      List<ConfigError> errors) {
    return switch (scoped.scopes()) {
      case RouteSource.Scopes.Srds _ -> tables.scopes(scoped.name());
      case RouteSource.Scopes.Inline inline -> {
        ScopeHolder.Scopes scopes = new ScopeHolder.Scopes();
        Map<String, RouteHolder> tablesWithin = new HashMap<>();
        scopes.set(
            tables.scopes(
                inline.scopes(), Map.of(), tablesWithin, "Scopes " + scoped.name(), errors));
        own.addAll(tablesWithin.values());
        yield scopes;
      }
    };
  }

  private void localReplies(
      LocalReplies replies, String resource, String at, List<ConfigError> errors) {
    for (int i = 0; i < replies.mappers().size(); i++) {
      String here = at + ".mappers[" + i + "]";
      int before = errors.size();
      logs.checkFilter(replies.mappers().get(i).filter(), resource, here + ".filter", errors);
      if (errors.size() > before) {
        continue;
      }
      LocalReplies one = new LocalReplies(List.of(replies.mappers().get(i)), Optional.empty());
      localReplyPart(one, resource, here, errors);
    }
    localReplyPart(new LocalReplies(List.of(), replies.body()), resource, at, errors);
  }

  private void localReplyPart(
      LocalReplies part, String resource, String at, List<ConfigError> errors) {
    try {
      HttpChain.check(part, context);
    } catch (IllegalArgumentException unsupported) {
      errors.add(
          new ConfigError(
              resource, at, String.valueOf(unsupported.getMessage()), "a supported operator"));
    }
  }

  private void inline(RouteTable table, String resource, String at, List<ConfigError> errors) {
    List<ConfigError> wrong = new ArrayList<>();
    routes(table, CompiledRoutes.EMPTY, wrong).done();
    for (ConfigError error : wrong) {
      errors.add(
          new ConfigError(resource, at + error.field(), error.offending(), error.expected()));
    }
  }

  private Scope scope(HttpConnectionManagerConfig http) {
    return root.tagged("http", "envoy_http_conn_manager_prefix", http.statPrefix());
  }
}
