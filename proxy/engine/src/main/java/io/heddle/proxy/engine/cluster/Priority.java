package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ClusterConfig.Thresholds;

/** The breakers of a cluster at one routing priority. */
public final class Priority {
  final Breaker connections;
  final Breaker pending;
  final Breaker requests;

  Priority(Thresholds thresholds, Scope scope) {
    connections = new Breaker(thresholds.maxConnections());
    pending = new Breaker(thresholds.maxPendingRequests());
    requests = new Breaker(thresholds.maxRequests());
    scope.gauge("cx_open", connections::open);
    scope.gauge("rq_pending_open", pending::open);
    scope.gauge("rq_open", requests::open);
  }

  void update(Thresholds thresholds) {
    connections.max(thresholds.maxConnections());
    pending.max(thresholds.maxPendingRequests());
    requests.max(thresholds.maxRequests());
  }

  /** Bounds requests under way. */
  public Breaker requests() {
    return requests;
  }

  /** Bounds connections. */
  public Breaker connections() {
    return connections;
  }
}
