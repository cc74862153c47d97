package io.heddle.proxy.engine;

import com.google.protobuf.Any;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Endpoint;
import io.heddle.xds.model.EndpointsConfig.Health;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.EndpointsConfig.LocalityEndpoints;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.Http2Options;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.ClientAddress;
import io.heddle.xds.model.HttpConnectionManagerConfig.Codec;
import io.heddle.xds.model.HttpConnectionManagerConfig.HeadersWithUnderscores;
import io.heddle.xds.model.HttpConnectionManagerConfig.Http1Options;
import io.heddle.xds.model.HttpConnectionManagerConfig.Limits;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization.EscapedSlashes;
import io.heddle.xds.model.HttpConnectionManagerConfig.RequestId;
import io.heddle.xds.model.HttpConnectionManagerConfig.RouterConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.ServerHeader;
import io.heddle.xds.model.HttpConnectionManagerConfig.Timeouts;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.LocalReplies;
import io.heddle.xds.model.LogMoments;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteSource;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.SocketEndpoint;
import io.heddle.xds.model.TimeoutOverride;
import io.heddle.xds.model.VirtualHostConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Configuration for tests, with Envoy's defaults where nothing is said. */
final class Configs {
  private Configs() {}

  static final Timeouts TIMEOUTS =
      new Timeouts(
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofMinutes(5),
          Duration.ofHours(1),
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofSeconds(1),
          Duration.ofSeconds(5));

  /** A connection manager to be changed field by field. */
  static final class Http {
    RouteSource routes = new RouteSource.Inline(Configs.routes(List.of(forward("/", "up"))));
    List<ExtensionConfig> filters = List.of();
    List<AccessLogConfig> logs = List.of();
    Timeouts timeouts = TIMEOUTS;
    long maxRequests;
    boolean acceptHttp10;
    boolean trailers;
    Codec codec = Codec.AUTO;
    Http2Options http2 = Http2Options.DEFAULT;
    ClientAddress client = new ClientAddress(false, 0, false, List.of());
    PathNormalization path = new PathNormalization(false, false, EscapedSlashes.KEEP_UNCHANGED);
    HeadersWithUnderscores underscores = HeadersWithUnderscores.ALLOW;
    boolean stripAnyPort;
    int bufferLimit = 1 << 20;

    Http routes(RouteConfig... given) {
      routes = new RouteSource.Inline(Configs.routes(List.of(given)));
      return this;
    }

    ListenerConfig listener() {
      // The last of the HTTP filters is the router, which the engine is itself.
      List<ExtensionConfig> all = new ArrayList<>(filters);
      all.add(extension("envoy.filters.http.router"));
      return Configs.listener(
          "in",
          new HttpConnectionManagerConfig(
              "http",
              "in",
              codec,
              routes,
              all,
              new RouterConfig(false, false),
              logs,
              timeouts,
              new Limits(60, 100, maxRequests),
              new Http1Options(true, acceptHttp10, acceptHttp10 ? "ten" : "", trailers),
              client,
              new RequestId(true, false, false),
              HttpConnectionManagerConfig.Upgrades.NONE,
              new ServerHeader("envoy", ServerHeader.Transformation.OVERWRITE),
              path,
              underscores,
              stripAnyPort,
              false,
              false,
              "",
              http2,
              false,
              LocalReplies.NONE,
              LogMoments.END),
          bufferLimit);
    }
  }

  static ListenerConfig listener(String name, NetworkFilterConfig last, int bufferLimit) {
    return listener(name, 0, List.of(last), bufferLimit);
  }

  static ListenerConfig listener(
      String name, int port, List<NetworkFilterConfig> filters, int bufferLimit) {
    return ListenerConfig.builder(name, new SocketEndpoint("127.0.0.1", port))
        .filterChains(List.of(FilterChainConfig.of("", filters)))
        .perConnectionBufferLimitBytes(bufferLimit)
        .build();
  }

  /** The same, with listener filters before everything else. */
  static ListenerConfig behind(
      ListenerConfig listener, Duration timeout, boolean goOn, ExtensionConfig... filters) {
    return listener.toBuilder()
        .listenerFilters(List.of(filters))
        .listenerFiltersTimeout(timeout, goOn)
        .build();
  }

  static RouteTable routes(List<RouteConfig> routes) {
    return table(
        "local",
        new VirtualHostConfig(
            "all", List.of("*"), routes, HeaderMutations.NONE, HeaderMutations.NONE, Map.of()));
  }

  static RouteTable table(String name, VirtualHostConfig... hosts) {
    return new RouteTable(
        name,
        List.of(hosts),
        false,
        false,
        false,
        HeaderMutations.NONE,
        HeaderMutations.NONE,
        List.of(),
        Map.of());
  }

  static RouteConfig forward(String prefix, String cluster) {
    return route(prefix, forwardTo(new ClusterTarget.Single(cluster), Duration.ofSeconds(15)));
  }

  static RouteAction.Forward forwardTo(ClusterTarget target, Duration timeout) {
    return new RouteAction.Forward(
        target,
        503,
        RouteAction.PathRewrite.Keep.KEEP,
        RouteAction.HostRewrite.Keep.KEEP,
        timeout,
        TimeoutOverride.Inherited.INHERITED,
        TimeoutOverride.Inherited.INHERITED,
        RouteAction.RoutingPriority.DEFAULT);
  }

  static RouteConfig route(String prefix, RouteAction action) {
    return route(match(prefix), action, HeaderMutations.NONE, HeaderMutations.NONE, Map.of());
  }

  static RouteConfig route(
      RouteMatch match,
      RouteAction action,
      HeaderMutations request,
      HeaderMutations response,
      Map<String, ExtensionConfig> filters) {
    return new RouteConfig("r", match, action, request, response, filters);
  }

  static RouteMatch match(String prefix) {
    return new RouteMatch(
        new PathMatch.Prefix(prefix), true, Set.of(), List.of(), List.of(), Fraction.ALL);
  }

  static ClusterConfig cluster(String name, int... ports) {
    return cluster(name, CircuitBreakers.DEFAULT, ports);
  }

  static ClusterConfig cluster(String name, CircuitBreakers breakers, int... ports) {
    return cluster(
        name,
        new Discovery.Static(endpoints(name, ports)),
        LbPolicy.RoundRobin.ROUND_ROBIN,
        breakers);
  }

  static ClusterConfig cluster(
      String name, Discovery discovery, LbPolicy policy, CircuitBreakers breakers) {
    return ClusterConfig.builder(name, discovery)
        .lbPolicy(policy)
        .circuitBreakers(breakers)
        .build();
  }

  static EndpointsConfig endpoints(String name, int... ports) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int port : ports) {
      endpoints.add(endpoint(port, 1));
    }
    return new EndpointsConfig(
        name, List.of(new LocalityEndpoints(Locality.NONE, 0, 0, endpoints)), 140);
  }

  static Endpoint endpoint(int port, long weight) {
    return new Endpoint(
        new SocketEndpoint("127.0.0.1", port), "", Health.HEALTHY, weight, Map.of());
  }

  static ExtensionConfig extension(String name) {
    String url = "type.googleapis.com/" + name;
    return new ExtensionConfig(name, url, Any.newBuilder().setTypeUrl(url).build(), false, false);
  }
}
