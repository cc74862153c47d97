package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;

/**
 * Forwards a connection as it is ({@code envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy}).
 *
 * @param clusters one or more; the weights sum to at least 1
 * @param idleTimeout without bytes in either direction; zero means never; 1 h by default
 * @param maxConnectAttempts at least 1
 */
public record TcpProxyConfig(
    String name,
    String statPrefix,
    List<WeightedTarget> clusters,
    Duration idleTimeout,
    int maxConnectAttempts,
    List<AccessLogConfig> accessLogs)
    implements NetworkFilterConfig {

  /** A cluster and its share of the connections. */
  public record WeightedTarget(String cluster, int weight) {}

  public TcpProxyConfig {
    clusters = List.copyOf(clusters);
    accessLogs = List.copyOf(accessLogs);
  }
}
