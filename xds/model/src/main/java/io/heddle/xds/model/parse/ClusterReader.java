package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import io.heddle.xds.model.ClusterConfig.LbPolicy;
import io.heddle.xds.model.ClusterConfig.TcpKeepalive;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.SourceConfig;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads a cluster, whose encoding the guard has walked. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class ClusterReader {

  static final String TYPE = "envoy.config.cluster.v3.Cluster";
  private static final String ROUND_ROBIN =
      "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin";
  private static final String LEAST_REQUEST =
      "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest";
  private static final String EXPECTED_POLICIES =
      "ROUND_ROBIN or LEAST_REQUEST, as others are not supported";
  private static final int BUFFER_LIMIT_BYTES = 1024 * 1024;

  private final Findings findings;

  ClusterReader(Findings findings) {
    this.findings = findings;
  }

  ClusterConfig read(Cluster cluster, Path path) {
    findings.required(cluster.getName(), path.field("name"));
    TransportSocketReader.check(
        cluster.hasTransportSocket(), cluster.getTransportSocket(), path, findings);
    UpstreamHttpReader http = new UpstreamHttpReader(findings, cluster, path);
    return new ClusterConfig(
        cluster.getName(),
        cluster.getAltStatName().isEmpty() ? cluster.getName() : cluster.getAltStatName(),
        discovery(cluster, path),
        lbPolicy(cluster, path),
        findings.positive(
            cluster.hasConnectTimeout(),
            cluster.getConnectTimeout(),
            Duration.ofSeconds(5),
            path.field("connect_timeout")),
        circuitBreakers(cluster.getCircuitBreakers(), path.field("circuit_breakers")),
        findings.bounded(
            cluster.hasPerConnectionBufferLimitBytes(),
            cluster.getPerConnectionBufferLimitBytes().getValue(),
            BUFFER_LIMIT_BYTES,
            1,
            Integer.MAX_VALUE,
            path.field("per_connection_buffer_limit_bytes")),
        http.protocol(),
        http.idleTimeout(),
        http.maxRequestsPerConnection(),
        http.maxResponseHeadersKb(),
        http.maxResponseHeadersCount(),
        keepalive(cluster, path),
        panicThreshold(cluster, path),
        protocolOptions(cluster, path),
        http.filters(),
        http.http2());
  }

  private Discovery discovery(Cluster cluster, Path path) {
    if (cluster.getClusterDiscoveryTypeCase() == Cluster.ClusterDiscoveryTypeCase.CLUSTER_TYPE) {
      // Named by the guard.
      return new Discovery.Eds(cluster.getName(), Duration.ZERO);
    }
    Cluster.DiscoveryType type = cluster.getType();
    if (type != Cluster.DiscoveryType.EDS && cluster.hasEdsClusterConfig()) {
      findings.error(path.field("eds_cluster_config"), "set", "a cluster of type EDS only");
    }
    if (type == Cluster.DiscoveryType.EDS && cluster.hasLoadAssignment()) {
      findings.error(
          path.field("load_assignment"), "set", "a cluster of type STATIC or STRICT_DNS only");
    }
    return switch (type) {
      case STATIC -> new Discovery.Static(endpoints(cluster, false, path));
      case STRICT_DNS ->
          new Discovery.StrictDns(
              endpoints(cluster, true, path),
              findings.positive(
                  cluster.hasDnsRefreshRate(),
                  cluster.getDnsRefreshRate(),
                  Duration.ofSeconds(5),
                  path.field("dns_refresh_rate")),
              lookupFamily(cluster, path));
      case EDS -> eds(cluster, path);
      case LOGICAL_DNS, ORIGINAL_DST, UNRECOGNIZED -> {
        findings.error(
            path.field("type"),
            type == Cluster.DiscoveryType.UNRECOGNIZED
                ? Integer.toString(cluster.getTypeValue())
                : type.name(),
            "STATIC, STRICT_DNS or EDS, as others are not supported");
        yield new Discovery.Eds(cluster.getName(), Duration.ZERO);
      }
    };
  }

  private Discovery eds(Cluster cluster, Path path) {
    Cluster.EdsClusterConfig eds = cluster.getEdsClusterConfig();
    Path here = path.field("eds_cluster_config");
    SourceConfig source =
        SourceReader.read(
            eds.hasEdsConfig(), eds.getEdsConfig(), here.field("eds_config"), findings);
    return new Discovery.Eds(
        eds.getServiceName().isEmpty() ? cluster.getName() : eds.getServiceName(),
        source.initialFetchTimeout(),
        source.origin());
  }

  private EndpointsConfig endpoints(Cluster cluster, boolean names, Path path) {
    Path here = path.field("load_assignment");
    if (!cluster.hasLoadAssignment()) {
      findings.error(here, "nothing", "the endpoints of the cluster");
      return new EndpointsConfig(cluster.getName(), List.of(), 140);
    }
    return new EndpointsReader(findings, names).read(cluster.getLoadAssignment(), here);
  }

  private DnsLookupFamily lookupFamily(Cluster cluster, Path path) {
    return switch (cluster.getDnsLookupFamily()) {
      case AUTO -> DnsLookupFamily.AUTO;
      case V4_ONLY -> DnsLookupFamily.V4_ONLY;
      case V6_ONLY -> DnsLookupFamily.V6_ONLY;
      case V4_PREFERRED -> DnsLookupFamily.V4_PREFERRED;
      case ALL -> DnsLookupFamily.ALL;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("dns_lookup_family"),
            Integer.toString(cluster.getDnsLookupFamilyValue()),
            "a value of DnsLookupFamily");
        yield DnsLookupFamily.AUTO;
      }
    };
  }

  private LbPolicy lbPolicy(Cluster cluster, Path path) {
    if (cluster.hasLoadBalancingPolicy()) {
      return typedPolicy(cluster, path.field("load_balancing_policy"));
    }
    boolean leastRequest = cluster.getLbPolicy() == Cluster.LbPolicy.LEAST_REQUEST;
    if (cluster.hasLeastRequestLbConfig() && !leastRequest) {
      findings.error(
          path.field("least_request_lb_config"), "set", "lb_policy LEAST_REQUEST beside it");
    }
    return switch (cluster.getLbPolicy()) {
      case ROUND_ROBIN -> LbPolicy.RoundRobin.ROUND_ROBIN;
      case LEAST_REQUEST ->
          leastRequest(
              cluster.getLeastRequestLbConfig().hasChoiceCount(),
              cluster.getLeastRequestLbConfig().getChoiceCount().getValue(),
              path.field("least_request_lb_config"));
      case LOAD_BALANCING_POLICY_CONFIG -> {
        findings.error(path.field("load_balancing_policy"), "nothing", "a policy");
        yield LbPolicy.RoundRobin.ROUND_ROBIN;
      }
      case RING_HASH, RANDOM, MAGLEV, CLUSTER_PROVIDED -> {
        findings.error(path.field("lb_policy"), cluster.getLbPolicy().name(), EXPECTED_POLICIES);
        yield LbPolicy.RoundRobin.ROUND_ROBIN;
      }
      case UNRECOGNIZED -> {
        findings.error(
            path.field("lb_policy"),
            Integer.toString(cluster.getLbPolicyValue()),
            EXPECTED_POLICIES);
        yield LbPolicy.RoundRobin.ROUND_ROBIN;
      }
    };
  }

  /** The first policy of the list that is known, as Envoy picks it. */
  private LbPolicy typedPolicy(Cluster cluster, Path path) {
    List<String> unknown = new java.util.ArrayList<>();
    for (int i = 0; i < cluster.getLoadBalancingPolicy().getPoliciesCount(); i++) {
      TypedExtensionConfig policy =
          cluster.getLoadBalancingPolicy().getPolicies(i).getTypedExtensionConfig();
      Any any = policy.getTypedConfig();
      Path here = path.at("policies", i).field("typed_extension_config").field("typed_config");
      String type = ExtensionReader.typeName(any);
      if (type.equals(ROUND_ROBIN)) {
        findings.unpack(any, type, RoundRobin.parser(), here);
        return LbPolicy.RoundRobin.ROUND_ROBIN;
      }
      if (type.equals(LEAST_REQUEST)) {
        return findings
            .unpack(any, type, LeastRequest.parser(), here)
            .map(least ->
                leastRequest(least.hasChoiceCount(), least.getChoiceCount().getValue(), here))
            .orElse(LbPolicy.RoundRobin.ROUND_ROBIN);
      }
      unknown.add(any.getTypeUrl());
    }
    findings.error(
        path.field("policies"),
        unknown.isEmpty() ? "no policy" : String.join(", ", unknown),
        "round_robin or least_request, as others are not supported");
    return LbPolicy.RoundRobin.ROUND_ROBIN;
  }

  private LbPolicy leastRequest(boolean set, int choices, Path path) {
    return new LbPolicy.LeastRequest(
        findings.bounded(set, choices, 2, 2, 1000, path.field("choice_count")));
  }

  private ClusterConfig.CircuitBreakers circuitBreakers(CircuitBreakers breakers, Path path) {
    Thresholds normal = Thresholds.DEFAULT;
    Thresholds high = Thresholds.DEFAULT;
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < breakers.getThresholdsCount(); i++) {
      CircuitBreakers.Thresholds thresholds = breakers.getThresholds(i);
      if (!seen.add(thresholds.getPriorityValue())) {
        findings.error(
            path.at("thresholds", i).field("priority"),
            thresholds.getPriority().name(),
            "each priority once");
        continue;
      }
      switch (thresholds.getPriority()) {
        case DEFAULT -> normal = thresholds(thresholds);
        case HIGH -> high = thresholds(thresholds);
        case UNRECOGNIZED ->
            findings.error(
                path.at("thresholds", i).field("priority"),
                Integer.toString(thresholds.getPriorityValue()),
                "DEFAULT or HIGH");
      }
    }
    return new ClusterConfig.CircuitBreakers(normal, high);
  }

  private static Thresholds thresholds(CircuitBreakers.Thresholds thresholds) {
    Thresholds absent = Thresholds.DEFAULT;
    return new Thresholds(
        thresholds.hasMaxConnections()
            ? Integer.toUnsignedLong(thresholds.getMaxConnections().getValue())
            : absent.maxConnections(),
        thresholds.hasMaxPendingRequests()
            ? Integer.toUnsignedLong(thresholds.getMaxPendingRequests().getValue())
            : absent.maxPendingRequests(),
        thresholds.hasMaxRequests()
            ? Integer.toUnsignedLong(thresholds.getMaxRequests().getValue())
            : absent.maxRequests(),
        thresholds.hasMaxRetries()
            ? Integer.toUnsignedLong(thresholds.getMaxRetries().getValue())
            : absent.maxRetries());
  }

  private TcpKeepalive keepalive(Cluster cluster, Path path) {
    if (!cluster.getUpstreamConnectionOptions().hasTcpKeepalive()) {
      return TcpKeepalive.OFF;
    }
    var keepalive = cluster.getUpstreamConnectionOptions().getTcpKeepalive();
    Path here = path.field("upstream_connection_options").field("tcp_keepalive");
    return new TcpKeepalive(
        true,
        findings.bounded(
            keepalive.hasKeepaliveProbes(),
            keepalive.getKeepaliveProbes().getValue(),
            0,
            0,
            127,
            here.field("keepalive_probes")),
        findings.bounded(
            keepalive.hasKeepaliveTime(),
            keepalive.getKeepaliveTime().getValue(),
            0,
            0,
            32_767,
            here.field("keepalive_time")),
        findings.bounded(
            keepalive.hasKeepaliveInterval(),
            keepalive.getKeepaliveInterval().getValue(),
            0,
            0,
            32_767,
            here.field("keepalive_interval")));
  }

  private double panicThreshold(Cluster cluster, Path path) {
    if (!cluster.getCommonLbConfig().hasHealthyPanicThreshold()) {
      return 50;
    }
    double percent = cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue();
    if (!(percent >= 0 && percent <= 100)) {
      findings.error(
          path.field("common_lb_config").field("healthy_panic_threshold").field("value"),
          Double.toString(percent),
          "0 to 100");
      return 50;
    }
    return percent;
  }

  private Map<String, ExtensionConfig> protocolOptions(Cluster cluster, Path path) {
    Map<String, ExtensionConfig> options = new LinkedHashMap<>();
    UpstreamHttpReader.options(cluster, findings)
        .forEach((name, any) -> {
          if (!ExtensionReader.typeName(any).equals(UpstreamHttpReader.TYPE)) {
            Path here = path.key("typed_extension_protocol_options", name);
            options.put(name, ExtensionReader.read(name, any, false, false, here, findings));
          }
        });
    return options;
  }
}
