package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.frames.FrameStats;
import io.heddle.proxy.engine.stats.HistogramStat;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import org.jspecify.annotations.Nullable;

/** What is counted about a cluster, under Envoy's names. */
public final class ClusterStats {
  final Scope scope;
  final ScalarStat cxTotal;
  final ScalarStat cxActive;
  final ScalarStat cxHttp1Total;
  final ScalarStat cxHttp2Total;
  final FrameStats http2;
  final ScalarStat cxConnectFail;
  final ScalarStat cxConnectTimeout;
  final ScalarStat cxDestroy;
  final ScalarStat cxDestroyLocal;
  final ScalarStat cxDestroyRemote;
  final ScalarStat cxDestroyWithActive;
  final ScalarStat cxIdleTimeout;
  final ScalarStat cxMaxRequests;
  final ScalarStat cxMaxDuration;
  final ScalarStat cxOverflow;
  final ScalarStat cxProtocolError;
  final ScalarStat cxRxBytes;
  final ScalarStat cxTxBytes;
  final HistogramStat cxConnectMs;
  final ScalarStat rqPendingTotal;
  final ScalarStat rqPendingActive;
  final ScalarStat rqPendingOverflow;
  final ScalarStat rqPendingFailureEject;
  final ScalarStat rqPendingTimeLimit;
  final ScalarStat cxPoolOverflow;
  final ScalarStat membershipTotal;
  final ScalarStat membershipHealthy;
  final ScalarStat membershipDegraded;
  final ScalarStat membershipExcluded;
  final ScalarStat membershipChange;
  final ScalarStat updateAttempt;
  final ScalarStat updateSuccess;
  final ScalarStat updateFailure;
  final ScalarStat updateEmpty;
  final ScalarStat updateNoRebuild;
  final ScalarStat assignmentStale;
  final ScalarStat assignmentTimeoutReceived;
  final ScalarStat rqDropOverload;
  final ScalarStat originalDstHostInvalid;
  final ScalarStat originalDstOverflow;
  private final ScalarStat rqTotal;
  private final ScalarStat rqActive;
  private final ScalarStat rqCompleted;
  private final ScalarStat rqTimeout;
  private final ScalarStat rqCancelled;
  private final ScalarStat rqRxReset;
  private final ScalarStat rqTxReset;
  private final ScalarStat rqRetry;
  private final ScalarStat rqRetrySuccess;
  private final ScalarStat rqRetryOverflow;
  private final ScalarStat rqRetryLimitExceeded;
  private final ScalarStat rqRetryBackOff;
  private final ScalarStat rqRetryRateLimited;
  private final ScalarStat rqPerTryTimeout;
  private final ScalarStat rqPerTryIdleTimeout;
  private final ScalarStat retryAbandoned;
  private final ScalarStat retriedBelow;
  private final ScalarStat hedge;
  private final ScalarStat hedgeWon;
  private final ScalarStat hedgeOverflow;

  /** By status, and by class below 100. */
  private final @Nullable ScalarStat[] retryCode = new @Nullable ScalarStat[600];

  private final ScalarStat noneHealthy;
  private final HistogramStat rqTime;
  private final ScalarStat[] rqClass = new ScalarStat[6];
  private final @Nullable ScalarStat[] rqCode = new @Nullable ScalarStat[600];

  ClusterStats(Scope scope) {
    this.scope = scope;
    cxTotal = scope.counter("upstream_cx_total");
    cxActive = scope.gauge("upstream_cx_active");
    cxHttp2Total = scope.counter("upstream_cx_http2_total");
    http2 = new FrameStats(scope);
    cxHttp1Total = scope.counter("upstream_cx_http1_total");
    cxConnectFail = scope.counter("upstream_cx_connect_fail");
    cxConnectTimeout = scope.counter("upstream_cx_connect_timeout");
    cxDestroy = scope.counter("upstream_cx_destroy");
    cxDestroyLocal = scope.counter("upstream_cx_destroy_local");
    cxDestroyRemote = scope.counter("upstream_cx_destroy_remote");
    cxDestroyWithActive = scope.counter("upstream_cx_destroy_with_active_rq");
    cxIdleTimeout = scope.counter("upstream_cx_idle_timeout");
    cxMaxRequests = scope.counter("upstream_cx_max_requests");
    cxMaxDuration = scope.counter("upstream_cx_max_duration_reached");
    cxOverflow = scope.counter("upstream_cx_overflow");
    cxProtocolError = scope.counter("upstream_cx_protocol_error");
    cxRxBytes = scope.counter("upstream_cx_rx_bytes_total");
    cxTxBytes = scope.counter("upstream_cx_tx_bytes_total");
    cxConnectMs = scope.histogram("upstream_cx_connect_ms");
    rqPendingTotal = scope.counter("upstream_rq_pending_total");
    rqPendingActive = scope.gauge("upstream_rq_pending_active");
    rqPendingOverflow = scope.counter("upstream_rq_pending_overflow");
    rqPendingFailureEject = scope.counter("upstream_rq_pending_failure_eject");
    rqPendingTimeLimit = scope.counter("upstream_rq_pending_time_limit");
    cxPoolOverflow = scope.counter("upstream_cx_pool_overflow");
    membershipTotal = scope.gauge("membership_total");
    membershipHealthy = scope.gauge("membership_healthy");
    membershipDegraded = scope.gauge("membership_degraded");
    membershipExcluded = scope.gauge("membership_excluded");
    membershipChange = scope.counter("membership_change");
    updateAttempt = scope.counter("update_attempt");
    updateSuccess = scope.counter("update_success");
    updateFailure = scope.counter("update_failure");
    updateEmpty = scope.counter("update_empty");
    updateNoRebuild = scope.counter("update_no_rebuild");
    assignmentStale = scope.counter("assignment_stale");
    assignmentTimeoutReceived = scope.counter("assignment_timeout_received");
    rqDropOverload = scope.counter("upstream_rq_drop_overload");
    originalDstHostInvalid = scope.counter("original_dst_host_invalid");
    originalDstOverflow = scope.counter("original_dst_host_overflow");
    rqTotal = scope.counter("upstream_rq_total");
    rqActive = scope.gauge("upstream_rq_active");
    rqCompleted = scope.counter("upstream_rq_completed");
    rqTimeout = scope.counter("upstream_rq_timeout");
    rqCancelled = scope.counter("upstream_rq_cancelled");
    rqRxReset = scope.counter("upstream_rq_rx_reset");
    rqTxReset = scope.counter("upstream_rq_tx_reset");
    rqRetry = scope.counter("upstream_rq_retry");
    rqRetrySuccess = scope.counter("upstream_rq_retry_success");
    rqRetryOverflow = scope.counter("upstream_rq_retry_overflow");
    rqRetryLimitExceeded = scope.counter("upstream_rq_retry_limit_exceeded");
    rqRetryBackOff = scope.counter("upstream_rq_retry_backoff_exponential");
    rqRetryRateLimited = scope.counter("upstream_rq_retry_backoff_ratelimited");
    rqPerTryTimeout = scope.counter("upstream_rq_per_try_timeout");
    rqPerTryIdleTimeout = scope.counter("upstream_rq_per_try_idle_timeout");
    retryAbandoned = scope.counter("retry_or_shadow_abandoned");
    retriedBelow = scope.counter("upstream_rq_retried_below");
    hedge = scope.counter("upstream_rq_hedge");
    hedgeWon = scope.counter("upstream_rq_hedge_won");
    hedgeOverflow = scope.counter("upstream_rq_hedge_overflow");
    noneHealthy = scope.counter("upstream_cx_none_healthy");
    rqTime = scope.histogram("upstream_rq_time");
    for (int i = 1; i <= 5; i++) {
      rqClass[i] = scope.counter("upstream_rq_" + i + "xx");
    }
    rqClass[0] = rqClass[5];
  }

  /** Sets a gauge that only configuration changes. */
  static void set(ScalarStat gauge, long value) {
    gauge.add(value - gauge.value());
  }

  /** A connection that is not pooled begins. */
  public void rawConnectionBegan(LoopStats loop) {
    loop.increment(cxTotal);
    loop.increment(cxActive);
  }

  /** A connection that is not pooled has ended, or never stood. */
  public void rawConnectionEnded(LoopStats loop, boolean connectFailed) {
    loop.add(cxActive, -1);
    loop.increment(connectFailed ? cxConnectFail : cxDestroy);
  }

  /** An attempt was given to a connection, or waits for one. */
  public void attemptBegan(LoopStats loop) {
    loop.increment(rqTotal);
    loop.increment(rqActive);
  }

  /** An attempt ended, however. */
  public void attemptEnded(LoopStats loop) {
    loop.add(rqActive, -1);
  }

  /** Attempts under way, over all loops. */
  long requestsActive() {
    return rqActive.value();
  }

  /** A response's head came, or a reply was given in its place; {@code status} 100 to 599. */
  public void responded(LoopStats loop, int status) {
    loop.increment(rqCompleted);
    loop.increment(rqClass[status / 100]);
    ScalarStat code = rqCode[status];
    if (code == null) {
      // Each loop may write here; all write the same object.
      code = scope.counter("upstream_rq_" + status);
      rqCode[status] = code;
    }
    loop.increment(code);
  }

  /** The time from the attempt's begin to the response's end. */
  public void took(LoopStats loop, long millis) {
    rqTime.record(loop, millis);
  }

  /** An attempt passed its timeout. */
  public void timedOut(LoopStats loop) {
    loop.increment(rqTimeout);
  }

  /** An attempt was given up before it had a connection. */
  public void cancelled(LoopStats loop) {
    loop.increment(rqCancelled);
  }

  /** The upstream broke an attempt off. */
  public void resetByUpstream(LoopStats loop) {
    loop.increment(rqRxReset);
  }

  /** We broke an attempt off. */
  public void resetByUs(LoopStats loop) {
    loop.increment(rqTxReset);
  }

  /** Another attempt was begun for the same exchange. */
  public void retried(LoopStats loop) {
    loop.increment(rqRetry);
  }

  /** An attempt that was not the first got a response. */
  public void retrySucceeded(LoopStats loop) {
    loop.increment(rqRetrySuccess);
  }

  /** An attempt was the last that its policy allows. */
  public void retryLimitExceeded(LoopStats loop) {
    loop.increment(rqRetryLimitExceeded);
  }

  /** An attempt was not repeated as there are too many retries at once. */
  public void retryOverflowed(LoopStats loop) {
    loop.increment(rqRetryOverflow);
  }

  /** Another attempt waits for its time, which the host has said or which grows. */
  public void retryWaits(LoopStats loop, boolean said) {
    loop.increment(said ? rqRetryRateLimited : rqRetryBackOff);
  }

  /** A request's body is too long to be kept for another attempt; whether it is the first such. */
  public boolean retryAbandoned(LoopStats loop) {
    loop.increment(retryAbandoned);
    return retryAbandoned.value() == 1;
  }

  /** The time of one attempt has passed. */
  public void tryTimedOut(LoopStats loop) {
    loop.increment(rqPerTryTimeout);
  }

  /** An attempt was silent for too long. */
  public void tryWasIdle(LoopStats loop) {
    loop.increment(rqPerTryIdleTimeout);
  }

  /** A response was not passed on, as its request is sent again. */
  public void retriedResponse(LoopStats loop, int status) {
    loop.increment(retried(status, Integer.toString(status)));
    loop.increment(retried(status / 100, status / 100 + "xx"));
  }

  private ScalarStat retried(int index, String name) {
    ScalarStat code = retryCode[index];
    if (code == null) {
      // Each loop may write here; all write the same object.
      code = scope.counter("retry.upstream_rq_" + name);
      retryCode[index] = code;
    }
    return code;
  }

  /** An answer was not asked for again, as a proxy nearer to the host had done that. */
  public void retriedBelow(LoopStats loop) {
    loop.increment(retriedBelow);
  }

  /** Another attempt was begun beside one that is under way. */
  public void hedged(LoopStats loop) {
    loop.increment(hedge);
  }

  /** The answer of such an attempt was the first good one. */
  public void hedgeWon(LoopStats loop) {
    loop.increment(hedgeWon);
  }

  /** There was no room for such an attempt. */
  public void hedgeOverflowed(LoopStats loop) {
    loop.increment(hedgeOverflow);
  }

  /** There was no host to choose. */
  public void noneHealthy(LoopStats loop) {
    loop.increment(noneHealthy);
  }
}
