package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What must be fetched before a listener can serve.
 *
 * @param routes route tables by name
 * @param scopes sets of scopes by name
 * @param secrets what its TLS is made with
 * @param extensions filters whose configuration is fetched
 * @param prefixes the statistics' prefix of a connection manager that names a route table, by table
 */
record ListenerNeeds(
    Map<String, SourceConfig> routes,
    Map<String, Scopes> scopes,
    List<SecretNeed> secrets,
    List<ExtensionNeed> extensions,
    Map<String, String> prefixes) {

  /**
   * Where a set's scopes come from, and the route tables that they name.
   *
   * @param prefix the statistics' prefix of the connection manager
   */
  record Scopes(SourceConfig scopes, SourceConfig routes, String prefix) {}

  ListenerNeeds {
    routes = Map.copyOf(routes);
    scopes = Map.copyOf(scopes);
    secrets = List.copyOf(secrets);
    extensions = List.copyOf(extensions);
    prefixes = Map.copyOf(prefixes);
  }

  /**
   * Reads the needs off a listener.
   *
   * @param from where the listener itself came from, which {@code self} means
   */
  static ListenerNeeds of(ListenerConfig config, Origin from) {
    Map<String, SourceConfig> routes = new HashMap<>();
    Map<String, Scopes> scopes = new HashMap<>();
    Map<String, String> prefixes = new HashMap<>();
    for (List<FilterChainConfig> chains :
        List.of(config.filterChains(), config.defaultFilterChain())) {
      for (FilterChainConfig chain : chains) {
        for (NetworkFilterConfig filter : chain.filters()) {
          if (filter instanceof HttpConnectionManagerConfig http) {
            Map<String, SourceConfig> named = new HashMap<>();
            add(http, from, named, scopes);
            named.forEach((name, source) -> {
              routes.merge(name, source, ListenerNeeds::patient);
              prefixes.putIfAbsent(name, http.statPrefix());
            });
          }
        }
      }
    }
    return new ListenerNeeds(
        routes,
        scopes,
        SecretNeed.of(config.secrets(), from),
        ExtensionNeed.of(config, from),
        prefixes);
  }

  private static void add(
      HttpConnectionManagerConfig http,
      Origin from,
      Map<String, SourceConfig> routes,
      Map<String, Scopes> scopes) {
    switch (http.routes()) {
      case RouteSource.Rds rds ->
          routes.merge(
              rds.routeConfigName(),
              new SourceConfig(resolve(rds.origin(), from), rds.initialFetchTimeout()),
              ListenerNeeds::patient);
      case RouteSource.Scoped scoped -> {
        SourceConfig tables =
            new SourceConfig(resolve(scoped.rdsOrigin(), from), scoped.rdsInitialFetchTimeout());
        switch (scoped.scopes()) {
          case RouteSource.Scopes.Inline inline -> {
            for (ScopedRoute scope : inline.scopes()) {
              if (scope.routes() instanceof ScopedRoute.Routes.Named named) {
                routes.merge(named.routeConfigName(), tables, ListenerNeeds::patient);
              }
            }
          }
          case RouteSource.Scopes.Srds srds ->
              scopes.put(
                  scoped.name(),
                  new Scopes(
                      new SourceConfig(resolve(srds.origin(), from), srds.initialFetchTimeout()),
                      tables,
                      http.statPrefix()));
        }
      }
      case RouteSource.Inline _ -> {}
    }
  }

  /** Of two waits for one thing the longer counts, and zero is for ever. */
  static SourceConfig patient(SourceConfig a, SourceConfig b) {
    if (a.initialFetchTimeout().isZero()) {
      return a;
    }
    return b.initialFetchTimeout().isZero()
            || b.initialFetchTimeout().compareTo(a.initialFetchTimeout()) > 0
        ? b
        : a;
  }

  /** What {@code self} means within something that came from there. */
  static Origin resolve(Origin origin, Origin from) {
    return origin == Origin.Self.SELF ? from : origin;
  }
}
