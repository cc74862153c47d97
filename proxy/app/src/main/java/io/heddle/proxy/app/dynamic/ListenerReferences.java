package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.TcpProxyConfig;
import java.util.ArrayList;
import java.util.List;
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

  /** Adds the clusters that a route names outright. */
  static void addClusters(RouteConfig route, Set<String> names) {
    if (route.action() instanceof RouteAction.Forward forward) {
      switch (forward.target()) {
        case ClusterTarget.Single single -> names.add(single.cluster());
        case ClusterTarget.Weighted weighted ->
            weighted.clusters().forEach(cluster -> names.add(cluster.cluster()));
        case ClusterTarget.FromHeader _ -> {}
      }
    }
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
