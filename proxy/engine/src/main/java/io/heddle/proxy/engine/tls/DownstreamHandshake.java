package io.heddle.proxy.engine.tls;

import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.connection.SocketInfo;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.SocketFilters;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's TLS handshake; afterwards what stands between TLS and whatever ends the chain, and
 * tells that the other side has ended its output. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class DownstreamHandshake extends ChannelInboundHandlerAdapter
    implements DownstreamConnection, SocketFilters {
  private static final Logger LOG = LoggerFactory.getLogger(DownstreamHandshake.class);

  private final Worker worker;
  private final DuplexChannel channel;
  private final SocketInfo info;
  private final DownstreamTls tls;
  private final TlsBegun begun;
  private final TlsEnds ends;
  private final Watcher watcher;
  private final Deadline timer =
      new Deadline() {
        @Override
        protected void expired() {
          watcher.timedOut();
          channel.close();
        }
      };

  private boolean over;

  /** Who wants to know how it goes. On the connection's loop. */
  public interface Watcher {
    /** It has begun. */
    void began(DownstreamConnection handshake);

    /** It is over; null where the connection is gone, else what was agreed on. */
    void ended(DownstreamConnection handshake, @Nullable SocketInfo secured);

    /** It failed for this reason, and the connection is closed. */
    void failed(String reason);

    /** It takes too long, and the connection is closed. */
    void timedOut();
  }

  private DownstreamHandshake(
      Worker worker,
      DuplexChannel channel,
      SocketInfo info,
      DownstreamTls tls,
      TlsBegun begun,
      Watcher watcher) {
    this.worker = worker;
    this.channel = channel;
    this.info = info;
    this.tls = tls;
    this.begun = begun;
    this.ends = new TlsEnds(worker, channel, begun, tls.stats());
    this.watcher = watcher;
  }

  /**
   * Begins, behind what is in the pipeline.
   *
   * @param timeout zero for none
   * @return whether it could; not while a secret is missing
   */
  public static boolean begin(
      Worker worker,
      DuplexChannel channel,
      SocketInfo info,
      DownstreamTls tls,
      Duration timeout,
      Watcher watcher) {
    TlsBegun begun = tls.begin(worker.allocator());
    if (begun == null) {
      worker.stats().increment(tls.stats().notReady);
      return false;
    }
    DownstreamHandshake handshake =
        new DownstreamHandshake(worker, channel, info, tls, begun, watcher);
    if (!timeout.isZero()) {
      worker.wheel().arm(handshake.timer, timeout.toNanos());
    }
    watcher.began(handshake);
    channel.attr(SocketFilters.KEY).set(handshake);
    channel.pipeline().addLast(handshake.ends.handler(), handshake);
    return true;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent completion) {
      if (completion.isSuccess()) {
        succeeded();
      } else {
        failed(completion.cause());
      }
    } else if (event instanceof SslCloseCompletionEvent) {
      ends.peerEnded(ctx, over);
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  private void succeeded() {
    if (over) {
      return;
    }
    over = true;
    worker.wheel().remove(timer);
    TlsSession session = ends.established(true);
    SocketInfo known =
        info.serverName().isPresent()
            ? info
            : info.withServerName(Identities.serverName(begun.engine()));
    watcher.ended(this, known.withTls(session, ends.protocol()));
  }

  private void failed(Throwable cause) {
    if (over) {
      return;
    }
    LoopStats loop = worker.stats();
    TlsStats stats = tls.stats();
    String reason = String.valueOf(cause.getMessage());
    LOG.debug("The handshake of connection {} failed: {}", info.id(), reason);
    if (reason.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE")) {
      loop.increment(stats.failVerifyNoCert);
    } else if (!TlsFailure.gone(cause) && !TlsFailure.refusedCertificate(cause)) {
      ends.broke();
    }
    String words = TlsFailure.words(cause);
    if (!words.isEmpty()) {
      watcher.failed(words);
    }
    channel.close();
  }

  @Override
  public ChannelFuture endOutput() {
    return ends.endOutput();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (!over) {
      over = true;
      worker.wheel().remove(timer);
      watcher.ended(this, null);
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (over && !(cause instanceof java.io.IOException)) {
      ends.broke();
    }
    channel.close();
  }

  @Override
  public void drain() {
    // It has not begun to serve; what ends the chain will be told.
  }

  @Override
  public void closeNow() {
    channel.close();
  }
}
