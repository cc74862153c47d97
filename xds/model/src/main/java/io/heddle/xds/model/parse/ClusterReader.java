package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.TcpKeepalive;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HostTransports;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads a cluster, whose encoding the guard has walked. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class ClusterReader {

  static final String TYPE = "envoy.config.cluster.v3.Cluster";
  private static final int BUFFER_LIMIT_BYTES = 1024 * 1024;

  private final Findings findings;

  ClusterReader(Findings findings) {
    this.findings = findings;
  }

  /** {@code options} are the typed ones, which {@code cluster} lacks. */
  ClusterConfig read(Cluster cluster, Map<String, Any> options, Path path) {
    findings.required(cluster.getName(), path.field("name"));
    ClusterConfig.Discovery discovery = new DiscoveryReader(findings, cluster, path).read();
    UpstreamHttpReader http = new UpstreamHttpReader(findings, cluster, options, path);
    HostTransports transports = new HostTransportReader(findings).read(cluster, http.names(), path);
    http.check(transports, path);
    return new ClusterConfig(
        cluster.getName(),
        cluster.getAltStatName().isEmpty() ? cluster.getName() : cluster.getAltStatName(),
        discovery,
        new ClusterLbReader(findings, cluster, path).read(provides(discovery)),
        findings.positive(
            cluster.hasConnectTimeout(),
            cluster.getConnectTimeout(),
            Duration.ofSeconds(5),
            path.field("connect_timeout")),
        new BreakersReader(findings).read(cluster, path),
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
        protocolOptions(options, path),
        http.filters(),
        http.http2(),
        cluster.hasUpstreamBindConfig()
            ? Optional.of(
                BindReader.read(
                    cluster.getUpstreamBindConfig(), path.field("upstream_bind_config"), findings))
            : Optional.empty(),
        transports,
        http.pooling(path),
        MetadataReader.read(cluster.hasMetadata(), cluster.getMetadata(), findings),
        new HealthReader(findings).read(cluster, provides(discovery), path));
  }

  /** Whether the hosts of such a cluster are chosen by the cluster itself. */
  private static boolean provides(ClusterConfig.Discovery discovery) {
    return switch (discovery) {
      case ClusterConfig.Discovery.Aggregate _,
          ClusterConfig.Discovery.OriginalDst _,
          ClusterConfig.Discovery.DynamicForward _ ->
          true;
      case ClusterConfig.Discovery.Static _,
          ClusterConfig.Discovery.StrictDns _,
          ClusterConfig.Discovery.Eds _ ->
          false;
    };
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

  private Map<String, ExtensionConfig> protocolOptions(Map<String, Any> typed, Path path) {
    Map<String, ExtensionConfig> options = new LinkedHashMap<>();
    typed.forEach((name, any) -> {
      if (!ExtensionReader.typeName(any).equals(UpstreamHttpReader.TYPE)) {
        Path here = path.key("typed_extension_protocol_options", name);
        options.put(name, ExtensionReader.read(name, any, false, false, here, findings));
      }
    });
    return options;
  }
}
