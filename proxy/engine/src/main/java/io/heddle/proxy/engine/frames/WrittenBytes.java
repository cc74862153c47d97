package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/** Counts what a connection writes. Owned by its loop. */
final class WrittenBytes extends ChannelOutboundHandlerAdapter {
  private long bytes;
  private long told;

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf data) {
      bytes += data.readableBytes();
    }
    var _ = ctx.write(message, promise);
  }

  /** Bytes so far. */
  long bytes() {
    return bytes;
  }

  /** Those since the last time. */
  long take() {
    long more = bytes - told;
    told = bytes;
    return more;
  }
}
