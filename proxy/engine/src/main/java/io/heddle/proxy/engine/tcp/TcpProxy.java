package io.heddle.proxy.engine.tcp;

import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.engine.accesslog.AccessLog;
import io.heddle.proxy.engine.accesslog.FilteredLogger;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.TcpProxyConfig;
import io.heddle.xds.model.TcpProxyConfig.WeightedTarget;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A TCP proxy, compiled. Immutable; shared by all loops. */
public final class TcpProxy {
  final TcpProxyConfig config;
  final List<AccessLog> logs;
  final List<FilteredLogger> loggers;
  final ScalarStat total;
  final ScalarStat active;
  final ScalarStat noRoute;
  final ScalarStat rxBytes;
  final ScalarStat txBytes;
  final ScalarStat idleTimeout;
  final ScalarStat paused;
  final @Nullable Tunnel tunnel;
  private final Clusters clusters;
  private final long totalWeight;

  /** Says what would be refused of what is to be compiled. */
  public static void check(
      TcpProxyConfig config,
      ExpressionLanguage language,
      String resource,
      String at,
      List<ConfigError> errors) {
    config
        .tunnel()
        .ifPresent(to -> Tunnel.check(to, language, resource, at + ".tunneling_config", errors));
  }

  /** Compiles what was checked before; counted under {@code tcp.<stat_prefix>}. */
  public TcpProxy(
      TcpProxyConfig config,
      Clusters clusters,
      Scope scope,
      List<AccessLog> logs,
      List<FilteredLogger> loggers,
      ExpressionLanguage language) {
    this.config = config;
    this.tunnel = config.tunnel().map(to -> new Tunnel(to, language)).orElse(null);
    this.loggers = List.copyOf(loggers);
    this.clusters = clusters;
    this.logs = List.copyOf(logs);
    total = scope.counter("downstream_cx_total");
    active = scope.gauge("downstream_cx_active");
    noRoute = scope.counter("downstream_cx_no_route");
    rxBytes = scope.counter("downstream_cx_rx_bytes_total");
    txBytes = scope.counter("downstream_cx_tx_bytes_total");
    idleTimeout = scope.counter("idle_timeout");
    paused = scope.counter("downstream_flow_control_paused_reading_total");
    long sum = 0;
    for (WeightedTarget target : config.clusters()) {
      sum += target.weight();
    }
    totalWeight = sum;
  }

  /** The name of the cluster for a new connection. */
  String choose(Worker worker) {
    long point = worker.random().nextLong(totalWeight);
    for (WeightedTarget target : config.clusters()) {
      point -= target.weight();
      if (point < 0) {
        return target.cluster();
      }
    }
    return config.clusters().getLast().cluster();
  }

  @Nullable Cluster cluster(String name) {
    return clusters.get(name);
  }

  /** Nothing uses it any more. */
  public void close() {
    logs.forEach(AccessLog::close);
    loggers.forEach(each -> each.logger().close());
  }
}
