package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;

/** Counters under {@code http2.}, of a connection manager or of a cluster. */
public final class FrameStats {
  /** Bytes of a request or response over the limit on headers. */
  public final ScalarStat headerOverflow;

  /** Floods: frames without payload, PRIORITY, WINDOW_UPDATE, and answers nobody takes. */
  public final ScalarStat emptyFramesFlood;

  public final ScalarStat priorityFlood;
  public final ScalarStat windowUpdateFlood;
  public final ScalarStat controlFlood;
  public final ScalarStat rxReset;
  public final ScalarStat txReset;
  public final ScalarStat rxMessagingError;
  public final ScalarStat trailers;
  public final ScalarStat goAwaySent;
  public final ScalarStat keepAliveTimeout;
  public final ScalarStat streamsActive;

  /** Those of this scope. */
  public FrameStats(Scope owner) {
    Scope scope = owner.scope("http2");
    headerOverflow = scope.counter("header_overflow");
    emptyFramesFlood = scope.counter("inbound_empty_frames_flood");
    priorityFlood = scope.counter("inbound_priority_frames_flood");
    windowUpdateFlood = scope.counter("inbound_window_update_frames_flood");
    controlFlood = scope.counter("outbound_control_flood");
    rxReset = scope.counter("rx_reset");
    txReset = scope.counter("tx_reset");
    rxMessagingError = scope.counter("rx_messaging_error");
    trailers = scope.counter("trailers");
    goAwaySent = scope.counter("goaway_sent");
    keepAliveTimeout = scope.counter("keepalive_timeout");
    streamsActive = scope.gauge("streams_active");
  }
}
