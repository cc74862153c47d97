package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ClusterConfig.Thresholds;

/** The breakers of a cluster at one routing priority. */
public final class Priority {
  final Breaker connections;
  final Breaker pending;
  final Breaker requests;
  private final Breaker retries;
  private volatile Thresholds thresholds;

  Priority(Thresholds thresholds, Scope scope) {
    connections = new Breaker(thresholds.maxConnections());
    pending = new Breaker(thresholds.maxPendingRequests());
    requests = new Breaker(thresholds.maxRequests());
    retries = new Breaker(thresholds.maxRetries());
    this.thresholds = thresholds;
    scope.gauge("cx_open", connections::open);
    scope.gauge("rq_pending_open", pending::open);
    scope.gauge("rq_open", requests::open);
    scope.gauge("rq_retry_open", () -> retries.used() >= mostRetries() ? 1 : 0);
  }

  void update(Thresholds now) {
    thresholds = now;
    connections.max(now.maxConnections());
    pending.max(now.maxPendingRequests());
    requests.max(now.maxRequests());
  }

  /** Bounds requests under way. */
  public Breaker requests() {
    return requests;
  }

  /**
   * How many retries there may be at once: a number, or a share of the requests there are (Envoy's
   * {@code retry_budget}).
   */
  private long mostRetries() {
    Thresholds now = thresholds;
    return now.retryBudget()
        .map(budget ->
            Math.max(
                budget.least(),
                (long) ((requests.used() + pending.used()) * budget.percent() / 100)))
        .orElse(now.maxRetries());
  }

  /** Takes one retry, if there is one left; who has it calls {@link #retryEnded} once. */
  public boolean tryRetry() {
    return retries.tryAcquire(mostRetries());
  }

  /** Gives one back. */
  public void retryEnded() {
    retries.release();
  }

  /** Bounds connections. */
  public Breaker connections() {
    return connections;
  }
}
