package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.heddle.control.api.resource.ObjectKey;
import java.time.Duration;

/** Writes clusters: HTTP/1.1, least request, Envoy's circuit breakers spelled out. */
final class Clusters {
  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
  static final int BUFFER_LIMIT_BYTES = 32 << 10;

  /**
   * How long an idle connection to an application is kept: less than the 5 s after which Node.js
   * and others close theirs, as a request sent on a connection that is just being closed is lost.
   */
  static final Duration APP_IDLE_TIMEOUT = Duration.ofSeconds(4);

  /** As above, to other proxies, whose listeners keep idle connections for an hour. */
  static final Duration MESH_IDLE_TIMEOUT = Duration.ofMinutes(5);

  private static final int BREAKER = 1_024;
  private static final int RETRIES = 3;
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private Clusters() {}

  /** A service's, with endpoints by EDS over ADS. */
  static Cluster ofService(ObjectKey service) {
    String name = Names.cluster(service);
    return base(name, MESH_IDLE_TIMEOUT)
        .setType(Cluster.DiscoveryType.EDS)
        .setLbPolicy(Cluster.LbPolicy.LEAST_REQUEST)
        .setEdsClusterConfig(
            Cluster.EdsClusterConfig.newBuilder().setServiceName(name).setEdsConfig(ads()))
        .build();
  }

  /** A sidecar's own application. */
  static Cluster ofApplication(HostPort app) {
    return base(Names.INBOUND, APP_IDLE_TIMEOUT)
        .setType(Cluster.DiscoveryType.STATIC)
        .setLoadAssignment(Endpoints.ofOne(Names.INBOUND, app))
        .build();
  }

  static ConfigSource ads() {
    return ConfigSource.newBuilder()
        .setAds(AggregatedConfigSource.getDefaultInstance())
        .setResourceApiVersion(ApiVersion.V3)
        .build();
  }

  private static Cluster.Builder base(String name, Duration idle) {
    return Cluster.newBuilder()
        .setName(name)
        .setConnectTimeout(RouteProtos.duration(CONNECT_TIMEOUT))
        .setPerConnectionBufferLimitBytes(UInt32Value.of(BUFFER_LIMIT_BYTES))
        .setCircuitBreakers(
            CircuitBreakers.newBuilder()
                .addThresholds(
                    CircuitBreakers.Thresholds.newBuilder()
                        .setPriority(RoutingPriority.DEFAULT)
                        .setMaxConnections(UInt32Value.of(BREAKER))
                        .setMaxPendingRequests(UInt32Value.of(BREAKER))
                        .setMaxRequests(UInt32Value.of(BREAKER))
                        .setMaxRetries(UInt32Value.of(RETRIES))))
        .putTypedExtensionProtocolOptions(HTTP_OPTIONS, http1(idle));
  }

  private static Any http1(Duration idle) {
    return Any.pack(
        io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.newBuilder()
            .setCommonHttpProtocolOptions(
                HttpProtocolOptions.newBuilder().setIdleTimeout(RouteProtos.duration(idle)))
            .setExplicitHttpConfig(
                io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                    .ExplicitHttpConfig.newBuilder()
                    .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance()))
            .build());
  }
}
