package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.StreamInfo.WireBytes;
import io.heddle.proxy.engine.accesslog.AccessLog;
import io.heddle.proxy.engine.format.EarlySubject;
import io.heddle.proxy.engine.loop.Worker;
import org.jspecify.annotations.Nullable;

/** A request that was refused before there was an exchange, as the access log tells it. */
// Bits of a set.
@SuppressWarnings("EnumOrdinal")
public record RefusalSubject(
    long startEpochNanos,
    @Nullable RequestHeaders requestHead,
    ConnectionInfo connection,
    int responseCode,
    String responseCodeDetails,
    String protocol,
    long bytesSent,
    int flagBits,
    WireBytes downstreamBytes)
    implements EarlySubject {
  /** Writes to the manager's logs that it broke the protocol. */
  public static void log(
      Worker worker,
      HttpChain manager,
      ConnectionInfo info,
      @Nullable RequestHeaders head,
      int status,
      String details,
      int bytesSent,
      WireBytes bytes) {
    log(worker, manager, info, head, status, details, "HTTP/1.1", bytesSent, bytes);
  }

  /** The same of a request of HTTP/2, whose stream was reset: it has no response. */
  public static void logReset(
      Worker worker, HttpChain manager, ConnectionInfo info, String details) {
    log(worker, manager, info, null, 0, details, "HTTP/2", 0, WireBytes.NONE);
  }

  private static void log(
      Worker worker,
      HttpChain manager,
      ConnectionInfo info,
      @Nullable RequestHeaders head,
      int status,
      String details,
      String protocol,
      int bytesSent,
      WireBytes bytes) {
    write(
        worker,
        manager,
        new RefusalSubject(
            worker.epochNanos(),
            head,
            info,
            status,
            details,
            protocol,
            bytesSent,
            1 << ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR.ordinal(),
            bytes));
  }

  /** Writes to the manager's logs that its head did not come in time. */
  public static void logLateHead(
      Worker worker, HttpChain manager, ConnectionInfo info, int bytesSent, WireBytes bytes) {
    write(
        worker,
        manager,
        new RefusalSubject(
            worker.epochNanos(),
            null,
            info,
            408,
            "request_header_timeout",
            "HTTP/1.1",
            bytesSent,
            0,
            bytes));
  }

  private static void write(Worker worker, HttpChain manager, RefusalSubject subject) {
    for (AccessLog log : manager.logs) {
      log.log(worker.index(), subject, worker.random(), worker.line());
    }
  }

  @Override
  public long durationNanos() {
    return 0;
  }

  @Override
  public String logType() {
    return "DownstreamEnd";
  }
}
