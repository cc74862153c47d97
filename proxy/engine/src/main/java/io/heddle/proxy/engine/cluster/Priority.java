package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import java.util.function.LongSupplier;

/** The breakers of a cluster at one routing priority. */
public final class Priority {
  final Breaker connections;
  final Breaker pending;
  final Breaker requests;
  final Breaker pools;
  private final Breaker retries;
  private final Scope scope;
  private volatile Thresholds thresholds;
  private boolean tracked; // Under the cluster's lock.

  Priority(Thresholds thresholds, Scope scope) {
    connections = new Breaker(thresholds.maxConnections());
    pending = new Breaker(thresholds.maxPendingRequests());
    requests = new Breaker(thresholds.maxRequests());
    retries = new Breaker(thresholds.maxRetries());
    pools = new Breaker(thresholds.limits().connectionPools());
    this.thresholds = thresholds;
    this.scope = scope;
    scope.gauge("cx_open", connections::open);
    scope.gauge("rq_pending_open", pending::open);
    scope.gauge("rq_open", requests::open);
    scope.gauge("rq_retry_open", () -> retries.used() >= mostRetries() ? 1 : 0);
    scope.gauge("cx_pool_open", pools::open);
    track();
  }

  /** How many more there may be is told from when that is first asked for. */
  private void track() {
    if (thresholds.limits().trackRemaining() && !tracked) {
      tracked = true;
      remaining("remaining_cx", connections::remaining);
      remaining("remaining_pending", pending::remaining);
      remaining("remaining_rq", requests::remaining);
      remaining("remaining_retries", () -> Math.max(0, mostRetries() - retries.used()));
      remaining("remaining_cx_pools", pools::remaining);
    }
  }

  private void remaining(String name, LongSupplier value) {
    scope.gauge(name, () -> thresholds.limits().trackRemaining() ? value.getAsLong() : 0);
  }

  void update(Thresholds now) {
    thresholds = now;
    connections.max(now.maxConnections());
    pending.max(now.maxPendingRequests());
    requests.max(now.maxRequests());
    pools.max(now.limits().connectionPools());
    track();
  }

  /** How many connections there may be to one host. */
  long mostPerHost() {
    return thresholds.limits().connectionsPerHost();
  }

  /** Whether there may be only so many pools. */
  boolean boundsPools() {
    return thresholds.limits().connectionPools() != Long.MAX_VALUE;
  }

  /** How long a request may wait for a connection, in nanoseconds; zero for any time. */
  long pendingNanos() {
    return thresholds.limits().pendingTime().toNanos();
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
