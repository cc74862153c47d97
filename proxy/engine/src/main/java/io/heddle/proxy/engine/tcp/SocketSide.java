package io.heddle.proxy.engine.tcp;

import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.proxy.engine.loop.LastFlush;
import io.heddle.proxy.engine.loop.SocketFilters;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A connection to a host of its own. Owned by its loop, which is the client's. */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class SocketSide extends ChannelInboundHandlerAdapter implements FarSide {
  private final Worker worker;
  private final TcpConnection owner;
  private final DuplexChannel out;

  /** Takes a channel that is connected; its handler is put last into the pipeline. */
  SocketSide(Worker worker, TcpConnection owner, DuplexChannel out) {
    this.worker = worker;
    this.owner = owner;
    this.out = out;
  }

  void begin() {
    out.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    out.pipeline().addLast(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!owner.fromHost((ByteBuf) message)) {
      out.config().setAutoRead(false);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    owner.flushToClient();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      owner.hostEnded();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (out.isWritable()) {
      owner.hostWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    owner.hostGone(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    owner.hostFailed(String.valueOf(cause.getMessage()));
    out.close();
  }

  @Override
  public void write(ByteBuf data) {
    out.write(data, out.voidPromise());
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public boolean writable() {
    return out.isWritable();
  }

  /**
   * Only once the last byte has left: shutting a socket down drops what the kernel has not taken
   * yet.
   */
  @Override
  public void end() {
    end(out, owner);
  }

  static void end(DuplexChannel to, TcpConnection owner) {
    to.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(sent -> {
          if (!owner.over() && sent.isSuccess()) {
            SocketFilters.endOutput(to)
                .addListener(output -> {
                  if (output.isSuccess()) {
                    owner.ended();
                  }
                });
          }
        });
  }

  @Override
  public void readOn() {
    out.config().setAutoRead(true);
  }

  @Override
  public void finish(Duration patience) {
    LastFlush.thenClose(worker, out, patience);
  }

  @Override
  public void close() {
    out.close();
  }

  @Override
  public @Nullable InetSocketAddress localAddress() {
    return Addresses.of(out.localAddress());
  }
}
