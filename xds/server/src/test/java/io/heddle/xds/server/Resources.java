package io.heddle.xds.server;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.GenericSecret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import io.heddle.xds.model.ResourceType;
import java.util.List;

/** Small resources; the revision makes their content, and so their version, differ. */
final class Resources {
  private Resources() {}

  static EncodedResource resource(ResourceType type, String name, int revision) {
    return switch (type) {
      case CLUSTER -> cluster(name, revision);
      case ENDPOINTS -> endpoints(name, revision);
      case LISTENER -> listener(name, revision);
      case ROUTES -> routes(name, revision);
      case SCOPED_ROUTES -> scopedRoutes(name, revision);
      case VIRTUAL_HOSTS -> virtualHost(name, revision);
      case SECRET -> secret(name, revision);
      case EXTENSION_CONFIG -> extension(name, revision);
      case RUNTIME -> runtime(name, revision);
    };
  }

  static EncodedResource scopedRoutes(String name, int revision) {
    return EncodedResource.of(
        ResourceType.SCOPED_ROUTES,
        name,
        ScopedRouteConfiguration.newBuilder()
            .setName(name)
            .setRouteConfigurationName("r" + revision)
            .build());
  }

  /** A virtual host that answers to these domains. */
  static EncodedResource virtualHost(String name, int revision, String... domains) {
    return EncodedResource.of(
        ResourceType.VIRTUAL_HOSTS,
        name,
        VirtualHost.newBuilder()
            .setName(name.substring(name.lastIndexOf('/') + 1))
            .addAllDomains(List.of(domains))
            .addRequestHeadersToRemove("r" + revision)
            .build());
  }

  /** A virtual host that sends what comes to a cluster. */
  static EncodedResource virtualHostTo(String name, String domain, String cluster) {
    return EncodedResource.of(
        ResourceType.VIRTUAL_HOSTS,
        name,
        VirtualHost.newBuilder()
            .setName(name)
            .addDomains(domain)
            .addRoutes(Route.newBuilder().setRoute(RouteAction.newBuilder().setCluster(cluster)))
            .build());
  }

  static EncodedResource secret(String name, int revision) {
    return EncodedResource.of(
        ResourceType.SECRET,
        name,
        Secret.newBuilder()
            .setName(name)
            .setGenericSecret(
                GenericSecret.newBuilder()
                    .setSecret(DataSource.newBuilder().setInlineString("s" + revision)))
            .build());
  }

  static EncodedResource extension(String name, int revision) {
    return EncodedResource.of(
        ResourceType.EXTENSION_CONFIG,
        name,
        TypedExtensionConfig.newBuilder()
            .setName(name)
            .setTypedConfig(Any.pack(Duration.newBuilder().setSeconds(revision).build()))
            .build());
  }

  static EncodedResource runtime(String name, int revision) {
    return EncodedResource.of(
        ResourceType.RUNTIME,
        name,
        Runtime.newBuilder()
            .setName(name)
            .setLayer(
                Struct.newBuilder()
                    .putFields("revision", Value.newBuilder().setNumberValue(revision).build()))
            .build());
  }

  static EncodedResource cluster(String name, int revision) {
    return EncodedResource.of(
        ResourceType.CLUSTER,
        name,
        Cluster.newBuilder()
            .setName(name)
            .setType(Cluster.DiscoveryType.EDS)
            .setConnectTimeout(Duration.newBuilder().setSeconds(revision))
            .build());
  }

  static EncodedResource endpoints(String name, int revision) {
    SocketAddress address =
        SocketAddress.newBuilder().setAddress("127.0.0.1").setPortValue(revision).build();
    return EncodedResource.of(
        ResourceType.ENDPOINTS,
        name,
        ClusterLoadAssignment.newBuilder()
            .setClusterName(name)
            .addEndpoints(
                LocalityLbEndpoints.newBuilder()
                    .addLbEndpoints(
                        LbEndpoint.newBuilder()
                            .setEndpoint(
                                Endpoint.newBuilder()
                                    .setAddress(Address.newBuilder().setSocketAddress(address)))))
            .build());
  }

  /** A listener that sends what comes to these clusters. */
  static EncodedResource listener(String name, int revision, String... clusters) {
    Listener.Builder listener = Listener.newBuilder().setName(name).setStatPrefix("r" + revision);
    for (String cluster : clusters) {
      Any tcp = Any.pack(TcpProxy.newBuilder().setCluster(cluster).build());
      listener.addFilterChains(
          FilterChain.newBuilder().addFilters(Filter.newBuilder().setTypedConfig(tcp)));
    }
    return EncodedResource.of(ResourceType.LISTENER, name, listener.build());
  }

  static EncodedResource routes(String name, int revision, String... clusters) {
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("r" + revision).addDomains("*");
    for (String cluster : clusters) {
      host.addRoutes(Route.newBuilder().setRoute(RouteAction.newBuilder().setCluster(cluster)));
    }
    return EncodedResource.of(
        ResourceType.ROUTES,
        name,
        RouteConfiguration.newBuilder().setName(name).addVirtualHosts(host).build());
  }
}
