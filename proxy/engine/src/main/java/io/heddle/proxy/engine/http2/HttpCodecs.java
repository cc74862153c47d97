package io.heddle.proxy.engine.http2;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.exchange.ConnectionLife;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.http1.Http1Connection;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Puts the codec of a client's connection into its pipeline: as configured, as negotiated by ALPN,
 * or, in clear text, as the first bytes say: HTTP/2 by prior knowledge begins with its preface (RFC
 * 9113, 3.3 and 3.4), and nothing else does.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class HttpCodecs {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

  /** No method of HTTP/1.1 goes on like this. */
  private static final int TELLING = 4;

  private HttpCodecs() {}

  /**
   * Adds the codec at the end of the pipeline, or what will find out which it is.
   *
   * @param negotiated what ALPN has chosen; empty where there was none
   */
  public static void add(
      Worker worker,
      HttpChain manager,
      ConnectionGroup group,
      DuplexChannel channel,
      ReadSwitch reading,
      ConnectionInfo info,
      String negotiated) {
    ConnectionLife life = new ConnectionLife(worker, manager, group);
    switch (manager.config().codec()) {
      case HTTP1 -> http1(worker, manager, group, channel, reading, info, life);
      case HTTP2 -> http2(worker, manager, group, channel, reading, info, life);
      case AUTO -> {
        if (negotiated.equals("h2")) {
          http2(worker, manager, group, channel, reading, info, life);
        } else if (negotiated.startsWith("http/1")) {
          http1(worker, manager, group, channel, reading, info, life);
        } else {
          channel
              .pipeline()
              .addLast(
                  new Sniffer(
                      () -> http1(worker, manager, group, channel, reading, info, life),
                      () -> http2(worker, manager, group, channel, reading, info, life),
                      new Undecided(worker, manager, channel, life)));
        }
      }
    }
  }

  private static void http1(
      Worker worker,
      HttpChain manager,
      ConnectionGroup group,
      DuplexChannel channel,
      ReadSwitch reading,
      ConnectionInfo info,
      ConnectionLife life) {
    channel
        .pipeline()
        .addLast(new Http1Connection(worker, manager, group, channel, reading, info, life));
  }

  private static void http2(
      Worker worker,
      HttpChain manager,
      ConnectionGroup group,
      DuplexChannel channel,
      ReadSwitch reading,
      ConnectionInfo info,
      ConnectionLife life) {
    channel
        .pipeline()
        .addLast(
            new Http2Downstream(worker, manager, group, channel, reading, info, life).handler());
  }

  /** Waits for the first bytes; then the codec takes its place. Owned by the connection's loop. */
  private static final class Sniffer extends ChannelInboundHandlerAdapter {
    private final Runnable http1;
    private final Runnable http2;
    private final Undecided undecided;
    private @Nullable CompositeByteBuf seen;

    Sniffer(Runnable http1, Runnable http2, Undecided undecided) {
      this.http1 = http1;
      this.http2 = http2;
      this.undecided = undecided;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      undecided.begin();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      CompositeByteBuf before = seen;
      if (before != null) {
        before.addComponent(true, in);
        in = before;
      }
      int same = 0;
      int length = Math.min(in.readableBytes(), TELLING);
      while (same < length && in.getByte(in.readerIndex() + same) == PREFACE[same]) {
        same++;
      }
      if (same == length && length < TELLING) {
        if (before == null) {
          CompositeByteBuf first = ctx.alloc().compositeDirectBuffer();
          first.addComponent(true, in);
          seen = first;
        }
        return;
      }
      seen = null;
      undecided.decided();
      (same == length ? http2 : http1).run();
      ctx.fireChannelRead(in);
      ctx.pipeline().remove(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      CompositeByteBuf before = seen;
      if (before != null) {
        seen = null;
        before.release();
      }
      undecided.gone();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
