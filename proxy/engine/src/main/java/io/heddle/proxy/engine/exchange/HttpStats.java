package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.frames.FrameStats;
import io.heddle.proxy.engine.stats.HistogramStat;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;

/** What is counted about an HTTP connection manager, under Envoy's names. */
public final class HttpStats {
  /** Connections. */
  public final ScalarStat cxTotal;

  /** Connections open. */
  public final ScalarStat cxActive;

  /** Connections of HTTP/1. */
  public final ScalarStat cxHttp1Total;

  /** Of those, open. */
  public final ScalarStat cxHttp1Active;

  /** Connections of HTTP/2. */
  public final ScalarStat cxHttp2Total;

  /** Open connections of HTTP/2. */
  public final ScalarStat cxHttp2Active;

  /** Requests of HTTP/2. */
  public final ScalarStat rqHttp2Total;

  /** What the frames of HTTP/2 are counted in. */
  public final FrameStats http2;

  /** Connections ended. */
  public final ScalarStat cxDestroy;

  /** Ended by the client. */
  public final ScalarStat cxDestroyRemote;

  /** Ended by us. */
  public final ScalarStat cxDestroyLocal;

  /** Ended by the client with a request under way. */
  public final ScalarStat cxDestroyRemoteActive;

  /** Ended by us with a request under way. */
  public final ScalarStat cxDestroyLocalActive;

  /** Idle for too long. */
  public final ScalarStat cxIdleTimeout;

  /** Ended at their greatest age. */
  public final ScalarStat cxMaxDuration;

  /** Ended at their last request. */
  public final ScalarStat cxMaxRequests;

  /** Broke the protocol. */
  public final ScalarStat cxProtocolError;

  /** Closed for a drain. */
  public final ScalarStat cxDrainClose;

  /** Bytes received. */
  public final ScalarStat rxBytes;

  /** Bytes sent. */
  public final ScalarStat txBytes;

  /** Requests of HTTP/1. */
  public final ScalarStat rqHttp1Total;

  /** Heads that came too slowly. */
  public final ScalarStat rqHeaderTimeout;

  /** Responses that were whole before their requests. */
  public final ScalarStat rqResponseBeforeComplete;

  /** Reading was stopped because the client was slow to take. */
  public final ScalarStat flowPaused;

  final ScalarStat rqTotal;
  final ScalarStat rqActive;
  final ScalarStat rqCompleted;
  final ScalarStat rqRxReset;
  final ScalarStat rqTxReset;
  final ScalarStat rqTimeout;
  final ScalarStat rqIdleTimeout;
  final ScalarStat rqMaxDuration;
  final ScalarStat rqTooLarge;
  final ScalarStat rqRejectedUnderscores;
  final ScalarStat rqDroppedUnderscores;
  final ScalarStat rqFailedPath;
  final ScalarStat rqUpgradeRefused;
  final ScalarStat cxUpgradesTotal;
  final ScalarStat cxUpgradesActive;
  final ScalarStat rsTooLarge;
  final ScalarStat noRoute;
  final ScalarStat noCluster;
  final ScalarStat redirect;
  final ScalarStat directResponse;
  final ScalarStat rqRouted;
  final ScalarStat lateReply;
  final ScalarStat filterFailed;
  private final ScalarStat[] byClass = new ScalarStat[6];
  private final HistogramStat rqTime;
  final Scope scope;

  HttpStats(Scope scope) {
    this.scope = scope;
    cxTotal = scope.counter("downstream_cx_total");
    cxActive = scope.gauge("downstream_cx_active");
    cxHttp1Total = scope.counter("downstream_cx_http1_total");
    cxHttp1Active = scope.gauge("downstream_cx_http1_active");
    cxHttp2Total = scope.counter("downstream_cx_http2_total");
    cxHttp2Active = scope.gauge("downstream_cx_http2_active");
    rqHttp2Total = scope.counter("downstream_rq_http2_total");
    http2 = new FrameStats(scope);
    cxDestroy = scope.counter("downstream_cx_destroy");
    cxDestroyRemote = scope.counter("downstream_cx_destroy_remote");
    cxDestroyLocal = scope.counter("downstream_cx_destroy_local");
    cxDestroyRemoteActive = scope.counter("downstream_cx_destroy_remote_active_rq");
    cxDestroyLocalActive = scope.counter("downstream_cx_destroy_local_active_rq");
    cxIdleTimeout = scope.counter("downstream_cx_idle_timeout");
    cxMaxDuration = scope.counter("downstream_cx_max_duration_reached");
    cxMaxRequests = scope.counter("downstream_cx_max_requests_reached");
    cxProtocolError = scope.counter("downstream_cx_protocol_error");
    cxDrainClose = scope.counter("downstream_cx_drain_close");
    rxBytes = scope.counter("downstream_cx_rx_bytes_total");
    txBytes = scope.counter("downstream_cx_tx_bytes_total");
    rqHttp1Total = scope.counter("downstream_rq_http1_total");
    rqHeaderTimeout = scope.counter("downstream_rq_header_timeout");
    rqResponseBeforeComplete = scope.counter("downstream_rq_response_before_rq_complete");
    flowPaused = scope.counter("downstream_flow_control_paused_reading_total");
    rqTotal = scope.counter("downstream_rq_total");
    rqActive = scope.gauge("downstream_rq_active");
    rqCompleted = scope.counter("downstream_rq_completed");
    rqRxReset = scope.counter("downstream_rq_rx_reset");
    rqTxReset = scope.counter("downstream_rq_tx_reset");
    rqTimeout = scope.counter("downstream_rq_timeout");
    rqIdleTimeout = scope.counter("downstream_rq_idle_timeout");
    rqMaxDuration = scope.counter("downstream_rq_max_duration_reached");
    rqTooLarge = scope.counter("downstream_rq_too_large");
    rqRejectedUnderscores =
        scope.counter("downstream_rq_rejected_requests_with_underscores_in_headers");
    rqDroppedUnderscores = scope.counter("downstream_rq_dropped_headers_with_underscores");
    rqFailedPath = scope.counter("downstream_rq_failed_path_normalization");
    cxUpgradesTotal = scope.counter("downstream_cx_upgrades_total");
    cxUpgradesActive = scope.gauge("downstream_cx_upgrades_active");
    rqUpgradeRefused = scope.counter("downstream_rq_ws_on_non_ws_route");
    rsTooLarge = scope.counter("rs_too_large");
    noRoute = scope.counter("no_route");
    noCluster = scope.counter("no_cluster");
    redirect = scope.counter("rq_redirect");
    directResponse = scope.counter("rq_direct_response");
    rqRouted = scope.counter("rq_total");
    lateReply = scope.counter("late_local_reply_ignored");
    filterFailed = scope.counter("filter_exception");
    for (int i = 1; i <= 5; i++) {
      byClass[i] = scope.counter("downstream_rq_" + i + "xx");
    }
    byClass[0] = byClass[5];
    rqTime = scope.histogram("downstream_rq_time");
  }

  void completed(LoopStats loop, int status, long millis) {
    loop.add(rqActive, -1);
    loop.increment(rqCompleted);
    if (status > 0) {
      loop.increment(byClass[status / 100]);
    }
    rqTime.record(loop, millis);
  }

  /** A request that had no exchange was answered with this status. */
  public void refused(LoopStats loop, int status) {
    loop.increment(rqTotal);
    loop.increment(rqCompleted);
    loop.increment(byClass[status / 100]);
  }
}
