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
 * @param moments when else the access logs are written
 */
public record TcpProxyConfig(
    String name,
    String statPrefix,
    List<WeightedTarget> clusters,
    Duration idleTimeout,
    int maxConnectAttempts,
    List<AccessLogConfig> accessLogs,
    Optional<TunnelConfig> tunnel,
    Moments moments)
    implements NetworkFilterConfig {

  /** A cluster and its share of the connections. */
  public record WeightedTarget(String cluster, int weight) {}

  /**
   * When entries are written beside the one at the end ({@code access_log_options}).
   *
   * @param onConnected once the upstream connection stands
   * @param interval again and again, as long as the connection lives; zero for never
   */
  public record Moments(boolean onConnected, Duration interval) {
    /** Only the entry at the end. */
    public static final Moments END = new Moments(false, Duration.ZERO);
  }

  /** A proxy whose connections go as they are. */
  public TcpProxyConfig(
      String name,
      String statPrefix,
      List<WeightedTarget> clusters,
      Duration idleTimeout,
      int maxConnectAttempts,
      List<AccessLogConfig> accessLogs) {
    this(
        name,
        statPrefix,
        clusters,
        idleTimeout,
        maxConnectAttempts,
        accessLogs,
        Optional.empty(),
        Moments.END);
  }

  public TcpProxyConfig {
    clusters = List.copyOf(clusters);
    accessLogs = List.copyOf(accessLogs);
  }
}
