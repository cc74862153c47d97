package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Forwards a connection as it is ({@code envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy}).
 *
 * @param clusters one or more; the weights sum to at least 1
 * @param idleTimeout without bytes in either direction; zero means never; 1 h by default
 * @param maxConnectAttempts at least 1
 * @param tunnel the request that carries each connection; empty for none
 */
public record TcpProxyConfig(
    String name,
    String statPrefix,
    List<WeightedTarget> clusters,
    Duration idleTimeout,
    int maxConnectAttempts,
    List<AccessLogConfig> accessLogs,
    Optional<TunnelConfig> tunnel)
    implements NetworkFilterConfig {

  /** A cluster and its share of the connections. */
  public record WeightedTarget(String cluster, int weight) {}

  /** A proxy whose connections go as they are. */
  public TcpProxyConfig(
      String name,
      String statPrefix,
      List<WeightedTarget> clusters,
      Duration idleTimeout,
      int maxConnectAttempts,
      List<AccessLogConfig> accessLogs) {
    this(name, statPrefix, clusters, idleTimeout, maxConnectAttempts, accessLogs, Optional.empty());
  }

  public TcpProxyConfig {
    clusters = List.copyOf(clusters);
    accessLogs = List.copyOf(accessLogs);
  }
}
