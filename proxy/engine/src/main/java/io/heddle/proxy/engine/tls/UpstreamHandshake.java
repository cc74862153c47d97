package io.heddle.proxy.engine.tls;

import io.heddle.proxy.api.TlsInfo;
import io.heddle.proxy.engine.loop.SocketFilters;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;

/**
 * Our handshake with a host; afterwards what stands between TLS and whoever uses the connection,
 * and tells that the host has ended its output. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class UpstreamHandshake extends ChannelInboundHandlerAdapter implements SocketFilters {
  private final Worker worker;
  private final TlsEnds ends;
  private final Watcher watcher;
  private boolean over;
  private boolean secured;

  /** Who wants to know how it ends. On the connection's loop, once. */
  public interface Watcher {
    /** It stands; {@code protocol} is what was agreed on by ALPN, or empty. */
    void secured(TlsInfo session, String protocol);

    /** It does not; {@code reason} is the transport's, maybe empty. */
    void insecure(String reason);
  }

  private UpstreamHandshake(
      Worker worker, DuplexChannel channel, UpstreamTls tls, TlsBegun begun, Watcher watcher) {
    this.worker = worker;
    this.watcher = watcher;
    this.ends = new TlsEnds(worker, channel, begun, tls.stats());
  }

  /**
   * Begins on a channel that is connected.
   *
   * @param hostname of the host; may be empty
   * @param names that the connection gets from its request
   * @param host tells hosts apart; at least 1
   */
  public static void begin(
      Worker worker,
      DuplexChannel channel,
      UpstreamTls tls,
      AlpnOffer offer,
      String hostname,
      PeerNames names,
      int host,
      Watcher watcher) {
    TlsBegun begun = tls.begin(worker.allocator(), offer, hostname, names, host);
    if (begun == null) {
      worker.stats().increment(tls.stats().notReady);
      watcher.insecure("TLS error: Secret is not supplied by SDS");
      return;
    }
    UpstreamHandshake handshake = new UpstreamHandshake(worker, channel, tls, begun, watcher);
    channel.attr(SocketFilters.KEY).set(handshake);
    channel.pipeline().addLast(handshake.ends.handler(), handshake);
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
    secured = true;
    TlsSession session = ends.established(false);
    String protocol = ends.protocol();
    worker.batch(() -> watcher.secured(session, protocol));
  }

  private void failed(Throwable cause) {
    if (over) {
      return;
    }
    over = true;
    if (!TlsFailure.gone(cause) && !TlsFailure.refusedCertificate(cause)) {
      ends.broke();
    }
    String words = TlsFailure.words(cause);
    worker.batch(() -> watcher.insecure(words));
  }

  @Override
  public ChannelFuture endOutput() {
    return ends.endOutput();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (!over) {
      over = true;
      worker.batch(() -> watcher.insecure(""));
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (secured) {
      if (!(cause instanceof IOException)) {
        ends.broke();
      }
      ctx.fireExceptionCaught(new IOException(TlsFailure.words(cause), cause));
    } else {
      // Where reading failed no event tells of the handshake; where one has, this says no more.
      failed(cause);
    }
  }
}
