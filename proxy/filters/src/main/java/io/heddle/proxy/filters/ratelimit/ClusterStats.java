package io.heddle.proxy.filters.ratelimit;

import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.api.StatsScope;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What became of the requests to each cluster: {@code cluster.NAME.ratelimit.[PREFIX.]ok} and so
 * on, as with Envoy. There are as many as there were clusters, as one that is not there has none.
 */
final class ClusterStats {
  private final StatsScope root;
  private final String prefix;
  private final ServerView server;
  private final ConcurrentHashMap<String, Counters> byCluster = new ConcurrentHashMap<>();

  /**
   * Those of one cluster.
   *
   * @param leased of all decisions, those made by leases, without asking
   */
  record Counters(
      StatsScope.Counter ok,
      StatsScope.Counter error,
      StatsScope.Counter overLimit,
      StatsScope.Counter failureModeAllowed,
      StatsScope.Counter leased) {}

  ClusterStats(StatsScope root, String prefix, ServerView server) {
    this.root = root;
    this.prefix = prefix;
    this.server = server;
  }

  /** Null where there is no such cluster. */
  @Nullable Counters of(String cluster) {
    Counters known = byCluster.get(cluster);
    if (known != null) {
      return known;
    }
    if (server.membership(cluster).isEmpty()) {
      return null;
    }
    return byCluster.computeIfAbsent(cluster, this::counters);
  }

  private Counters counters(String cluster) {
    StatsScope scope = root.tagged("cluster", "envoy_cluster_name", cluster).scope("ratelimit");
    scope = prefix.isEmpty() ? scope : scope.scope(prefix);
    return new Counters(
        scope.counter("ok"),
        scope.counter("error"),
        scope.counter("over_limit"),
        scope.counter("failure_mode_allowed"),
        scope.counter("leased"));
  }
}
