package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.DoubleValue;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.type.v3.Percent;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.CircuitBreaker;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Connection;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.LoadBalancer;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.RetryBudget;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.RouteTimeout;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Writes clusters: least request, Envoy's circuit breakers spelled out, bad instances ejected. */
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

  static final int BREAKER = 1_024;

  /** Retries that may always be under way, and percent of the requests beyond them. */
  static final int RETRIES = 3;

  static final int RETRY_PERCENT = 20;

  /** Envoy's own, which is not written. */
  static final int PANIC = 50;

  private static final double MILLIONTHS = 10_000;

  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private Clusters() {}

  /** What a service's instances are spoken to in. */
  enum Protocol {
    HTTP1,
    HTTP2,
    /** What the client speaks. */
    DOWNSTREAM
  }

  /**
   * A service's, with endpoints by EDS over ADS.
   *
   * @param tls how its instances are spoken to over TLS; one without authorities believes nobody,
   *     so that the cluster has no endpoints
   * @param policy how it is called
   */
  static Cluster ofService(
      ObjectKey service,
      Protocol protocol,
      Optional<BackendTls.InForce> tls,
      Optional<BackendTrafficPolicySpec> policy) {
    String name = Names.cluster(service);
    BackendTrafficPolicySpec.Timeouts times =
        policy
            .map(BackendTrafficPolicySpec::timeouts)
            .orElse(BackendTrafficPolicySpec.Timeouts.NONE);
    Cluster.Builder out =
        base(
            name,
            http(
                limit(times.connectionIdle(), MESH_IDLE_TIMEOUT),
                limit(times.connectionDuration(), Duration.ZERO),
                policy.map(spec -> spec.breaker().requestsPerConnection()).orElse(0),
                protocol),
            policy.map(BackendTrafficPolicySpec::breaker).orElse(CircuitBreaker.NONE));
    out.setConnectTimeout(RouteProtos.duration(limit(times.connect(), CONNECT_TIMEOUT)));
    balance(out, policy.map(BackendTrafficPolicySpec::loadBalancer).orElse(LoadBalancer.NONE));
    connect(out, policy.map(BackendTrafficPolicySpec::connection).orElse(Connection.NONE));
    policy
        .filter(spec -> spec.panicThreshold() >= 0)
        .ifPresent(spec ->
            out.getCommonLbConfigBuilder()
                .setHealthyPanicThreshold(Percent.newBuilder().setValue(spec.panicThreshold())));
    out.setOutlierDetection(HealthProtos.outliers(policy));
    HealthProtos.active(policy, protocol == Protocol.HTTP2)
        .ifPresent(check ->
            // Whom the registry lists no more has gone, whatever it answers.
            out.addHealthChecks(check).setIgnoreHealthOnHostRemoval(true));
    if (tls.isPresent() && tls.get().authorities().isEmpty()) {
      return out.setType(Cluster.DiscoveryType.STATIC)
          .setLoadAssignment(ClusterLoadAssignment.newBuilder().setClusterName(name))
          .build();
    }
    tls.ifPresent(spoken ->
        out.setTransportSocket(
            TlsProtos.upstream(spoken.spec(), spoken.authorities(), alpn(protocol))));
    return out.setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(
            Cluster.EdsClusterConfig.newBuilder().setServiceName(name).setEdsConfig(ads()))
        .build();
  }

  /** Its localities share requests by their weights. */
  static Cluster weighted(Cluster cluster) {
    Cluster.Builder out = cluster.toBuilder();
    out.getCommonLbConfigBuilder()
        .setLocalityWeightedLbConfig(
            Cluster.CommonLbConfig.LocalityWeightedLbConfig.getDefaultInstance());
    return out.build();
  }

  private static void balance(Cluster.Builder out, LoadBalancer balancer) {
    Optional<Cluster.SlowStartConfig> slow =
        balancer.slowStart() instanceof RouteTimeout.After(Duration window)
            ? Optional.of(
                Cluster.SlowStartConfig.newBuilder()
                    .setSlowStartWindow(RouteProtos.duration(window))
                    .build())
            : Optional.empty();
    switch (balancer.type()) {
      case UNSET, LEAST_REQUEST -> {
        out.setLbPolicy(Cluster.LbPolicy.LEAST_REQUEST);
        slow.ifPresent(config ->
            out.setLeastRequestLbConfig(
                Cluster.LeastRequestLbConfig.newBuilder().setSlowStartConfig(config)));
      }
      case ROUND_ROBIN -> {
        out.setLbPolicy(Cluster.LbPolicy.ROUND_ROBIN);
        slow.ifPresent(config ->
            out.setRoundRobinLbConfig(
                Cluster.RoundRobinLbConfig.newBuilder().setSlowStartConfig(config)));
      }
      case RANDOM -> out.setLbPolicy(Cluster.LbPolicy.RANDOM);
      case CONSISTENT_HASH -> {
        out.setLbPolicy(Cluster.LbPolicy.MAGLEV);
        if (balancer.hash().tableSize() > 0) {
          out.setMaglevLbConfig(
              Cluster.MaglevLbConfig.newBuilder()
                  .setTableSize(UInt64Value.of(balancer.hash().tableSize())));
        }
      }
    }
  }

  /** Zero is no limit. */
  private static Duration limit(RouteTimeout timeout, Duration unset) {
    return switch (timeout) {
      case RouteTimeout.Absent _ -> unset;
      case RouteTimeout.Disabled _ -> Duration.ZERO;
      case RouteTimeout.After after -> after.duration();
    };
  }

  private static List<String> alpn(Protocol protocol) {
    return switch (protocol) {
      case HTTP1 -> List.of("http/1.1");
      case HTTP2 -> List.of("h2");
      case DOWNSTREAM -> List.of("h2", "http/1.1");
    };
  }

  /** A sidecar's own application: it is spoken to in what its caller's proxy chose for it. */
  static Cluster ofApplication(HostPort app) {
    return base(
            Names.INBOUND,
            http(APP_IDLE_TIMEOUT, Duration.ZERO, 0, Protocol.DOWNSTREAM),
            CircuitBreaker.NONE)
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

  /** Below zero it is not stated. */
  static UInt32Value most(int stated, int unset) {
    return UInt32Value.of(stated < 0 ? unset : stated);
  }

  private static Cluster.Builder base(String name, Any httpOptions, CircuitBreaker breaker) {
    return Cluster.newBuilder()
        .setName(name)
        .setConnectTimeout(RouteProtos.duration(CONNECT_TIMEOUT))
        .setPerConnectionBufferLimitBytes(UInt32Value.of(BUFFER_LIMIT_BYTES))
        .setCircuitBreakers(
            CircuitBreakers.newBuilder()
                .addThresholds(
                    CircuitBreakers.Thresholds.newBuilder()
                        .setPriority(RoutingPriority.DEFAULT)
                        .setMaxConnections(most(breaker.connections(), BREAKER))
                        .setMaxPendingRequests(most(breaker.pendingRequests(), BREAKER))
                        .setMaxRequests(most(breaker.parallelRequests(), BREAKER))
                        .mergeFrom(retries(breaker))))
        .putTypedExtensionProtocolOptions(HTTP_OPTIONS, httpOptions);
  }

  /** A number of retries only where one is stated: a budget grows with the requests. */
  private static CircuitBreakers.Thresholds retries(CircuitBreaker breaker) {
    CircuitBreakers.Thresholds.Builder out = CircuitBreakers.Thresholds.newBuilder();
    if (breaker.parallelRetries() >= 0) {
      return out.setMaxRetries(UInt32Value.of(breaker.parallelRetries())).build();
    }
    RetryBudget budget = breaker.budget();
    double percent = budget.stated() ? budget.millionths() / MILLIONTHS : RETRY_PERCENT;
    return out.setRetryBudget(
            CircuitBreakers.Thresholds.RetryBudget.newBuilder()
                .setBudgetPercent(Percent.newBuilder().setValue(percent))
                .setMinRetryConcurrency(most(budget.least(), RETRIES)))
        .build();
  }

  private static void connect(Cluster.Builder out, Connection connection) {
    if (connection.bufferLimit() > 0) {
      out.setPerConnectionBufferLimitBytes(UInt32Value.of(connection.bufferLimit()));
    }
    if (connection.preconnectPercent() > 0) {
      out.getPreconnectPolicyBuilder()
          .setPerUpstreamPreconnectRatio(DoubleValue.of(connection.preconnectPercent() / 100.0));
    }
    if (connection.keepalive().stated()) {
      TcpKeepalive.Builder keepalive =
          out.getUpstreamConnectionOptionsBuilder().getTcpKeepaliveBuilder();
      if (connection.keepalive().probes() > 0) {
        keepalive.setKeepaliveProbes(UInt32Value.of(connection.keepalive().probes()));
      }
      if (connection.keepalive().idleSeconds() > 0) {
        keepalive.setKeepaliveTime(UInt32Value.of(connection.keepalive().idleSeconds()));
      }
      if (connection.keepalive().intervalSeconds() > 0) {
        keepalive.setKeepaliveInterval(UInt32Value.of(connection.keepalive().intervalSeconds()));
      }
    }
  }

  private static Any http(Duration idle, Duration longest, int requests, Protocol protocol) {
    HttpProtocolOptions.Builder out = HttpProtocolOptions.newBuilder();
    out.getCommonHttpProtocolOptionsBuilder().setIdleTimeout(RouteProtos.duration(idle));
    if (!longest.isZero()) {
      out.getCommonHttpProtocolOptionsBuilder()
          .setMaxConnectionDuration(RouteProtos.duration(longest));
    }
    if (requests > 0) {
      out.getCommonHttpProtocolOptionsBuilder()
          .setMaxRequestsPerConnection(UInt32Value.of(requests));
    }
    switch (protocol) {
      case HTTP1 ->
          out.setExplicitHttpConfig(
              HttpProtocolOptions.ExplicitHttpConfig.newBuilder()
                  .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance()));
      case HTTP2 ->
          out.setExplicitHttpConfig(
              HttpProtocolOptions.ExplicitHttpConfig.newBuilder()
                  .setHttp2ProtocolOptions(Http2ProtocolOptions.getDefaultInstance()));
      case DOWNSTREAM ->
          out.setUseDownstreamProtocolConfig(
              HttpProtocolOptions.UseDownstreamHttpConfig.newBuilder()
                  .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance())
                  .setHttp2ProtocolOptions(Http2ProtocolOptions.getDefaultInstance()));
    }
    return Any.pack(out.build());
  }
}
