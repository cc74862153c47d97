package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.heddle.xds.model.TcpProxyConfig;
import io.heddle.xds.model.TcpProxyConfig.WeightedTarget;
import io.heddle.xds.model.TunnelConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a TCP proxy, whose encoding the guard has walked. */
final class TcpProxyReader {

  private static final Duration IDLE = Duration.ofHours(1);

  private final Findings findings;

  TcpProxyReader(Findings findings) {
    this.findings = findings;
  }

  TcpProxyConfig read(String name, TcpProxy proxy, Path path) {
    return new TcpProxyConfig(
        name,
        findings.required(proxy.getStatPrefix(), path.field("stat_prefix")),
        targets(proxy, path),
        findings.duration(
            proxy.hasIdleTimeout(), proxy.getIdleTimeout(), IDLE, path.field("idle_timeout")),
        findings.bounded(
            proxy.hasMaxConnectAttempts(),
            proxy.getMaxConnectAttempts().getValue(),
            1,
            1,
            Integer.MAX_VALUE,
            path.field("max_connect_attempts")),
        AccessLogReader.read(proxy.getAccessLogList(), path, findings),
        proxy.hasTunnelingConfig()
            ? Optional.of(tunnel(proxy.getTunnelingConfig(), path.field("tunneling_config")))
            : Optional.empty(),
        moments(proxy, path));
  }

  /** Both ways to say it; the newer one counts. */
  @SuppressWarnings("deprecation") // The older one.
  private TcpProxyConfig.Moments moments(TcpProxy proxy, Path path) {
    boolean grouped = proxy.hasAccessLogOptions();
    var options = proxy.getAccessLogOptions();
    return new TcpProxyConfig.Moments(
        grouped ? options.getFlushAccessLogOnConnected() : proxy.getFlushAccessLogOnConnected(),
        AccessLogReader.interval(
            grouped ? options.hasAccessLogFlushInterval() : proxy.hasAccessLogFlushInterval(),
            grouped ? options.getAccessLogFlushInterval() : proxy.getAccessLogFlushInterval(),
            grouped ? path.field("access_log_options") : path,
            findings));
  }

  private TunnelConfig tunnel(TcpProxy.TunnelingConfig tunnel, Path path) {
    String post = tunnel.getPostPath();
    if (!post.isEmpty() && (!tunnel.getUsePost() || !post.startsWith("/"))) {
      findings.error(path.field("post_path"), post, "a path, and use_post beside it");
      post = "";
    }
    return new TunnelConfig(
        findings.required(tunnel.getHostname(), path.field("hostname")),
        tunnel.getUsePost() && post.isEmpty() ? "/" : post,
        HeaderReader.additions(tunnel.getHeadersToAddList(), path, findings));
  }

  private List<WeightedTarget> targets(TcpProxy proxy, Path path) {
    return switch (proxy.getClusterSpecifierCase()) {
      case CLUSTER ->
          List.of(
              new WeightedTarget(findings.required(proxy.getCluster(), path.field("cluster")), 1));
      case WEIGHTED_CLUSTERS ->
          weighted(proxy.getWeightedClusters(), path.field("weighted_clusters"));
      case CLUSTERSPECIFIER_NOT_SET -> {
        findings.error(path, "no cluster", "cluster or weighted_clusters");
        yield List.of();
      }
    };
  }

  private List<WeightedTarget> weighted(TcpProxy.WeightedCluster clusters, Path path) {
    if (clusters.getClustersCount() == 0) {
      findings.error(path.field("clusters"), "no cluster", "at least one");
    }
    List<WeightedTarget> targets = new ArrayList<>();
    long total = 0;
    for (int i = 0; i < clusters.getClustersCount(); i++) {
      TcpProxy.WeightedCluster.ClusterWeight cluster = clusters.getClusters(i);
      Path here = path.at("clusters", i);
      findings.required(cluster.getName(), here.field("name"));
      int weight =
          findings.bounded(
              true, cluster.getWeight(), 1, 1, Integer.MAX_VALUE, here.field("weight"));
      targets.add(new WeightedTarget(cluster.getName(), weight));
      total += weight;
    }
    if (total > 0xffff_ffffL) {
      findings.error(path.field("clusters"), "weights of " + total, "a sum up to 4294967295");
    }
    return targets;
  }
}
