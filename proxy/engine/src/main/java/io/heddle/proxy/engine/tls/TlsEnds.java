package io.heddle.proxy.engine.tls;

import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/**
 * TLS on one connection, whichever side began it: how its handshake is counted, and how each side
 * ends its output. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class TlsEnds {
  private final Worker worker;
  private final DuplexChannel channel;
  private final TlsBegun begun;
  private final TlsStats stats;
  private final SslHandler handler;

  TlsEnds(Worker worker, DuplexChannel channel, TlsBegun begun, TlsStats stats) {
    this.worker = worker;
    this.channel = channel;
    this.begun = begun;
    this.stats = stats;
    this.handler = new SslHandler(begun.engine());
    // Ours are the deadlines; Netty's would cost a scheduled task a connection.
    handler.setHandshakeTimeoutMillis(0);
    handler.setCloseNotifyFlushTimeoutMillis(0);
  }

  /** What belongs into the pipeline. */
  SslHandler handler() {
    return handler;
  }

  /** Counts a handshake that is done. */
  TlsSession established(boolean server) {
    TlsSession session = TlsSession.of(begun.engine(), begun.verifier(), server);
    LoopStats loop = worker.stats();
    loop.increment(stats.handshake);
    if (session.resumed()) {
      loop.increment(stats.sessionReused);
    }
    if (session.peerChain().isEmpty()) {
      loop.increment(stats.noCertificate);
    }
    stats.named(loop, "versions", session.version());
    stats.named(loop, "ciphers", session.cipher());
    return session;
  }

  /** Counts a connection that broke where TLS is to blame. */
  void broke() {
    worker.stats().increment(stats.connectionError);
  }

  /** What was agreed on by ALPN, or nothing. */
  String protocol() {
    String protocol = begun.engine().getNegotiatedApplicationProtocol();
    return protocol == null ? "" : protocol;
  }

  /**
   * The peer has said that no more will come.
   *
   * @param over whether the handshake is
   */
  void peerEnded(ChannelHandlerContext ctx, boolean over) {
    if (over && !begun.engine().isInboundDone()) {
      // Our own end makes this event, too; theirs is told by the socket's then.
      return;
    }
    if (over && Boolean.TRUE.equals(channel.config().getOption(ChannelOption.ALLOW_HALF_CLOSURE))) {
      ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    } else {
      channel.close();
    }
  }

  /** Says that no more will come from here, and ends the socket's output. */
  ChannelFuture endOutput() {
    ChannelPromise ended = channel.newPromise();
    handler
        .closeOutbound()
        .addListener(_ -> {
          if (channel.isActive()) {
            channel.shutdownOutput(ended);
          } else {
            ended.trySuccess();
          }
        });
    return ended;
  }
}
