package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.TcpProxyConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a listener names outside itself. */
final class ListenerReferences {
  private ListenerReferences() {}

  /** Adds the clusters of inline routes and of network filters. */
  static void addClusters(ListenerConfig config, Set<String> names) {
    for (NetworkFilterConfig filter : filters(config)) {
      switch (filter) {
        case HttpConnectionManagerConfig http -> {
          if (http.routes() instanceof RouteSource.Inline inline) {
            names.addAll(inline.routes().clusterNames());
          }
        }
        case TcpProxyConfig tcp -> tcp.clusters().forEach(target -> names.add(target.cluster()));
        case ExtensionConfig _ -> {}
      }
    }
  }

  /** For every route table fetched by RDS, how long the listener waits for it; zero is for ever. */
  static Map<String, Duration> fetchTimeouts(ListenerConfig config) {
    Map<String, Duration> timeouts = new HashMap<>();
    for (NetworkFilterConfig filter : filters(config)) {
      if (!(filter instanceof HttpConnectionManagerConfig http)) {
        continue;
      }
      if (http.routes() instanceof RouteSource.Rds rds) {
        timeouts.merge(
            rds.routeConfigName(), rds.initialFetchTimeout(), ListenerReferences::longer);
      } else if (http.routes() instanceof RouteSource.Scoped scoped
          && scoped.scopes() instanceof RouteSource.Scopes.Inline inline) {
        for (ScopedRoute scope : inline.scopes()) {
          if (scope.routes() instanceof ScopedRoute.Routes.Named named) {
            timeouts.merge(
                named.routeConfigName(),
                scoped.rdsInitialFetchTimeout(),
                ListenerReferences::longer);
          }
        }
      }
    }
    return timeouts;
  }

  private static Duration longer(Duration a, Duration b) {
    return a.isZero() || (!b.isZero() && a.compareTo(b) < 0) ? b : a;
  }

  private static List<NetworkFilterConfig> filters(ListenerConfig config) {
    List<NetworkFilterConfig> filters = new ArrayList<>();
    for (FilterChainConfig chain : config.filterChains()) {
      filters.addAll(chain.filters());
    }
    for (FilterChainConfig chain : config.defaultFilterChain()) {
      filters.addAll(chain.filters());
    }
    return filters;
  }
}
