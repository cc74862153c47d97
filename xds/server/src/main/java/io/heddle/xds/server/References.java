package io.heddle.xds.server;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.heddle.xds.model.ResourceType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Finds what a resource names, so that it is not sent before it. */
final class References {
  private References() {}

  static List<String> of(ResourceType type, Message message) {
    Set<String> names = new LinkedHashSet<>();
    switch (type) {
      case CLUSTER -> ofCluster((Cluster) message, names);
      case ENDPOINTS -> {}
      case LISTENER -> ofListener((Listener) message, names);
      case ROUTES -> ofRoutes((RouteConfiguration) message, names);
      case SCOPED_ROUTES ->
          ofRoutes(((ScopedRouteConfiguration) message).getRouteConfiguration(), names);
      case VIRTUAL_HOSTS -> ofHost((VirtualHost) message, names);
      case SECRET, EXTENSION_CONFIG, RUNTIME -> {}
    }
    names.remove("");
    return List.copyOf(names);
  }

  private static void ofCluster(Cluster cluster, Set<String> names) {
    if (cluster.getType() == Cluster.DiscoveryType.EDS) {
      String service = cluster.getEdsClusterConfig().getServiceName();
      names.add(service.isEmpty() ? cluster.getName() : service);
    }
  }

  private static void ofListener(Listener listener, Set<String> names) {
    for (FilterChain chain : listener.getFilterChainsList()) {
      ofChain(chain, names);
    }
    ofChain(listener.getDefaultFilterChain(), names);
    if (listener.getApiListener().hasApiListener()) {
      ofFilterConfig(listener.getApiListener().getApiListener(), names);
    }
  }

  private static void ofChain(FilterChain chain, Set<String> names) {
    for (Filter filter : chain.getFiltersList()) {
      ofFilterConfig(filter.getTypedConfig(), names);
    }
  }

  private static void ofFilterConfig(Any config, Set<String> names) {
    try {
      if (config.is(HttpConnectionManager.class)) {
        ofRoutes(config.unpack(HttpConnectionManager.class).getRouteConfig(), names);
      } else if (config.is(TcpProxy.class)) {
        TcpProxy tcp = config.unpack(TcpProxy.class);
        names.add(tcp.getCluster());
        tcp.getWeightedClusters().getClustersList().forEach(c -> names.add(c.getName()));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          config.getTypeUrl() + ": " + e.getMessage() + " (expected: a message of this type)", e);
    }
  }

  private static void ofRoutes(RouteConfiguration routes, Set<String> names) {
    ofMirrors(routes.getRequestMirrorPoliciesList(), names);
    for (VirtualHost host : routes.getVirtualHostsList()) {
      ofHost(host, names);
    }
  }

  private static void ofHost(VirtualHost host, Set<String> names) {
    ofMirrors(host.getRequestMirrorPoliciesList(), names);
    for (Route route : host.getRoutesList()) {
      ofAction(route.getRoute(), names);
    }
  }

  private static void ofAction(RouteAction action, Set<String> names) {
    names.add(action.getCluster());
    for (WeightedCluster.ClusterWeight weight : action.getWeightedClusters().getClustersList()) {
      names.add(weight.getName());
    }
    ofMirrors(action.getRequestMirrorPoliciesList(), names);
  }

  private static void ofMirrors(List<RouteAction.RequestMirrorPolicy> mirrors, Set<String> names) {
    for (RouteAction.RequestMirrorPolicy mirror : mirrors) {
      names.add(mirror.getCluster());
    }
  }
}
