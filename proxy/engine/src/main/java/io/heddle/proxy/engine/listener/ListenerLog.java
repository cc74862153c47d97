package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.engine.format.EarlySubject;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;

/**
 * A connection as the access logs of its listener tell it, whatever became of it. What its chain
 * does with it is for that chain's logs. Owned by the connection's loop.
 */
// Bits of a set.
@SuppressWarnings("EnumOrdinal")
final class ListenerLog implements EarlySubject {
  private static final AttributeKey<ListenerLog> KEY =
      AttributeKey.valueOf(ListenerLog.class, "log");

  private final Worker worker;
  private final long startNanos;
  private final long startEpochNanos;
  private ConnectionInfo info;
  private @Nullable String details;
  private @Nullable String failure;
  private int flags;

  private ListenerLog(Worker worker, ConnectionInfo info) {
    this.worker = worker;
    this.startNanos = worker.nanoTime();
    this.startEpochNanos = worker.epochNanos();
    this.info = info;
  }

  /** Writes an entry when the connection is gone, if there is any log to write it to. */
  static void begin(Worker worker, Channel channel, ConnectionInfo info, ListenerLogs logs) {
    if (logs.any()) {
      ListenerLog log = new ListenerLog(worker, info);
      channel.attr(KEY).set(log);
      channel.closeFuture().addListener(_ -> logs.write(worker, log));
    }
  }

  /** More is known of the connection. */
  static void seen(Channel channel, ConnectionInfo info) {
    if (channel.hasAttr(KEY)) {
      channel.attr(KEY).get().info = info;
    }
  }

  /** No chain takes the connection. */
  static void noChain(Channel channel) {
    if (channel.hasAttr(KEY)) {
      ListenerLog log = channel.attr(KEY).get();
      log.details = "filter_chain_not_found";
      log.flags |= 1 << ResponseFlag.NO_ROUTE_FOUND.ordinal();
    }
  }

  /** What has secured the connection until now, or should have, failed. */
  static void failed(Channel channel, String reason) {
    if (channel.hasAttr(KEY)) {
      channel.attr(KEY).get().failure = reason;
    }
  }

  @Override
  public @Nullable String downstreamFailure() {
    return failure;
  }

  @Override
  public @Nullable RequestHeaders requestHead() {
    return null;
  }

  @Override
  public long startEpochNanos() {
    return startEpochNanos;
  }

  @Override
  public long durationNanos() {
    return worker.nanoTime() - startNanos;
  }

  @Override
  public long bytesSent() {
    return 0;
  }

  @Override
  public int responseCode() {
    return 0;
  }

  @Override
  public @Nullable String responseCodeDetails() {
    return details;
  }

  @Override
  public int flagBits() {
    return flags;
  }

  @Override
  public @Nullable String protocol() {
    return null;
  }

  @Override
  public ConnectionInfo connection() {
    return info;
  }

  @Override
  public String logType() {
    return "NotSet";
  }
}
