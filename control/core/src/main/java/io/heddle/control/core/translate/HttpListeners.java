package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.HeadersWithUnderscoresAction;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ServerHeaderTransformation;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.heddle.control.api.resource.ClientTrafficPolicySpec;
import io.heddle.control.api.resource.TelemetryPolicySpec;
import java.time.Duration;
import java.util.Optional;

/**
 * Writes listeners with the safe values of Envoy's guide for edge proxies.
 *
 * <p>What guards against strangers stands at the gateway: addresses and {@code x-forwarded-*} of
 * clients are not believed, names with underscores are refused, escaped slashes redirected, a whole
 * request must come within 300 s. Every listener normalises paths, bounds headers and idleness, has
 * at most 100 streams with small windows on a connection of HTTP/2, and buffers at most 32 KiB a
 * connection.
 */
final class HttpListeners {
  static final String HCM = "envoy.filters.network.http_connection_manager";
  private static final String ROUTER = "envoy.filters.http.router";
  private static final Duration CONNECTION_IDLE = Duration.ofHours(1);
  private static final Duration STREAM_IDLE = Duration.ofMinutes(5);
  private static final Duration REQUEST_HEADERS = Duration.ofMinutes(1);
  private static final Duration EDGE_REQUEST = Duration.ofMinutes(5);
  private static final int HEADERS_KIB = 60;
  private static final int HEADERS_COUNT = 100;
  private static final int STREAMS = 100;
  private static final int STREAM_WINDOW_BYTES = 64 << 10;
  private static final int CONNECTION_WINDOW_BYTES = 1 << 20;

  private HttpListeners() {}

  /** In front of a sidecar's application. */
  static Listener inbound(HostPort address, TelemetryPolicySpec.AccessLog log) {
    RouteConfiguration routes =
        RouteConfiguration.newBuilder()
            .setName(Names.INBOUND)
            .addVirtualHosts(
                VirtualHost.newBuilder()
                    .setName(Names.INBOUND)
                    .addDomains("*")
                    // The caller's proxy limits the time of a request; a second limit here would
                    // cut short what a route allows longer.
                    .addRoutes(RouteProtos.toCluster("default", Names.INBOUND, Duration.ZERO)))
            .build();
    HttpConnectionManager.Builder manager =
        manager("inbound", HeadersWithUnderscoresAction.ALLOW, log)
            .setServerHeaderTransformation(ServerHeaderTransformation.PASS_THROUGH)
            .setRouteConfig(routes)
            .addHttpFilters(router());
    return listener(Names.INBOUND, address, TrafficDirection.INBOUND, manager.build());
  }

  /** For the requests of a sidecar's application. */
  static Listener outbound(HostPort address, String routes, TelemetryPolicySpec.AccessLog log) {
    HttpConnectionManager.Builder manager =
        manager("outbound", HeadersWithUnderscoresAction.ALLOW, log)
            .setServerHeaderTransformation(ServerHeaderTransformation.PASS_THROUGH)
            .setRds(rds(routes))
            .addAllHttpFilters(FilterProtos.disabled())
            .addHttpFilters(router());
    return listener(Names.OUTBOUND, address, TrafficDirection.OUTBOUND, manager.build());
  }

  /**
   * HTTP at a port of a Gateway.
   *
   * @param policy what is to be otherwise than the safe values
   */
  static Filter gateway(
      int port,
      String routes,
      Optional<ClientTrafficPolicySpec> policy,
      TelemetryPolicySpec.AccessLog log) {
    HttpConnectionManager.Builder out =
        manager("gateway_" + port, HeadersWithUnderscoresAction.REJECT_REQUEST, log)
            .setUseRemoteAddress(BoolValue.of(true))
            .setMergeSlashes(true)
            .setPathWithEscapedSlashesAction(PathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT)
            .setRequestTimeout(RouteProtos.duration(EDGE_REQUEST))
            .setServerName("heddle")
            .setRds(rds(routes))
            .addAllHttpFilters(FilterProtos.disabled())
            .addHttpFilters(router());
    policy.ifPresent(client -> ClientProtos.apply(client, out));
    return filter(out.build());
  }

  private static HttpConnectionManager.Builder manager(
      String statPrefix,
      HeadersWithUnderscoresAction underscores,
      TelemetryPolicySpec.AccessLog log) {
    return HttpConnectionManager.newBuilder()
        .setStatPrefix(statPrefix)
        .setCodecType(HttpConnectionManager.CodecType.AUTO)
        .setNormalizePath(BoolValue.of(true))
        .setCommonHttpProtocolOptions(
            HttpProtocolOptions.newBuilder()
                .setIdleTimeout(RouteProtos.duration(CONNECTION_IDLE))
                .setMaxHeadersCount(UInt32Value.of(HEADERS_COUNT))
                .setHeadersWithUnderscoresAction(underscores))
        .setHttp2ProtocolOptions(
            Http2ProtocolOptions.newBuilder()
                .setMaxConcurrentStreams(UInt32Value.of(STREAMS))
                .setInitialStreamWindowSize(UInt32Value.of(STREAM_WINDOW_BYTES))
                .setInitialConnectionWindowSize(UInt32Value.of(CONNECTION_WINDOW_BYTES)))
        .setMaxRequestHeadersKb(UInt32Value.of(HEADERS_KIB))
        .setStreamIdleTimeout(RouteProtos.duration(STREAM_IDLE))
        .setRequestHeadersTimeout(RouteProtos.duration(REQUEST_HEADERS))
        .addAllAccessLog(AccessLogs.of(log))
        .addUpgradeConfigs(
            HttpConnectionManager.UpgradeConfig.newBuilder().setUpgradeType("websocket"));
  }

  static HttpFilter router() {
    return HttpFilter.newBuilder()
        .setName(ROUTER)
        .setTypedConfig(Any.pack(Router.getDefaultInstance()))
        .build();
  }

  private static Filter filter(HttpConnectionManager manager) {
    return Filter.newBuilder().setName(HCM).setTypedConfig(Any.pack(manager)).build();
  }

  /** A listener of a gateway, without filter chains. */
  static Listener.Builder bound(String name, HostPort address) {
    return Listener.newBuilder()
        .setName(name)
        .setAddress(Endpoints.address(address.address(), address.port()))
        .setTrafficDirection(TrafficDirection.OUTBOUND)
        .setPerConnectionBufferLimitBytes(UInt32Value.of(Clusters.BUFFER_LIMIT_BYTES));
  }

  static Rds rds(String routes) {
    return Rds.newBuilder().setConfigSource(Clusters.ads()).setRouteConfigName(routes).build();
  }

  private static Listener listener(
      String name, HostPort address, TrafficDirection direction, HttpConnectionManager manager) {
    return bound(name, address)
        .setTrafficDirection(direction)
        .addFilterChains(FilterChain.newBuilder().addFilters(filter(manager)))
        .build();
  }
}
