package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.stats.HistogramStat;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is counted of the requests of a virtual cluster, or of the routes that share a {@code
 * stat_prefix}, under Envoy's names. Counted per loop; safe on every thread.
 */
public final class RouteCounters {
  private final Scope scope;
  private final Optional<String> virtualCluster;
  private final ScalarStat total;
  private final ScalarStat completed;
  private final ScalarStat timeout;
  private final ScalarStat retry;
  private final ScalarStat retrySuccess;
  private final HistogramStat time;
  private final ScalarStat[] byClass = new ScalarStat[6];
  private final @Nullable ScalarStat[] byCode = new @Nullable ScalarStat[600];

  private RouteCounters(Scope scope, Optional<String> virtualCluster) {
    this.scope = scope;
    this.virtualCluster = virtualCluster;
    total = scope.counter("upstream_rq_total");
    completed = scope.counter("upstream_rq_completed");
    timeout = scope.counter("upstream_rq_timeout");
    retry = scope.counter("upstream_rq_retry");
    retrySuccess = scope.counter("upstream_rq_retry_success");
    time = scope.histogram("upstream_rq_time");
    for (int i = 1; i <= 5; i++) {
      byClass[i] = scope.counter("upstream_rq_" + i + "xx");
    }
    byClass[0] = byClass[5];
  }

  /** Those of a virtual cluster. */
  static RouteCounters ofCluster(StatsScope root, String host, String name) {
    return new RouteCounters(cluster(root, host, name), Optional.of(name));
  }

  /** Those of what is of no virtual cluster. */
  static RouteCounters ofOthers(StatsScope root, String host) {
    return new RouteCounters(cluster(root, host, "other"), Optional.empty());
  }

  private static Scope cluster(StatsScope root, String host, String name) {
    return ((Scope) root)
        .tagged("vhost", "envoy_virtual_host", host)
        .tagged("vcluster", "envoy_virtual_cluster", name);
  }

  /** Its name; empty for those of a route, or of what is of none. */
  public Optional<String> virtualCluster() {
    return virtualCluster;
  }

  /** Those of the routes with this prefix. */
  static RouteCounters ofRoute(StatsScope root, String host, String prefix) {
    return new RouteCounters(
        ((Scope) root)
            .tagged("vhost", "envoy_virtual_host", host)
            .tagged("route", "envoy_route", prefix),
        Optional.empty());
  }

  /** A request goes to a cluster. */
  public void began(LoopStats loop) {
    loop.increment(total);
  }

  /** It has been answered, by the upstream or in its place; {@code status} 100 to 599. */
  public void responded(LoopStats loop, int status) {
    loop.increment(completed);
    loop.increment(byClass[status / 100]);
    ScalarStat code = byCode[status];
    if (code == null) {
      // Each loop may write here; all write the same object.
      code = scope.counter("upstream_rq_" + status);
      byCode[status] = code;
    }
    loop.increment(code);
  }

  /** It took so long, to the end of the response. */
  public void took(LoopStats loop, long millis) {
    time.record(loop, millis);
  }

  /** It passed its timeout. */
  public void timedOut(LoopStats loop) {
    loop.increment(timeout);
  }

  /** It was tried again. */
  public void retried(LoopStats loop) {
    loop.increment(retry);
  }

  /** An attempt after the first was answered. */
  public void retrySucceeded(LoopStats loop) {
    loop.increment(retrySuccess);
  }
}
