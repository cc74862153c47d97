package io.heddle.proxy.app.upgrade;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One end of a conversation. On its own event loop. */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
abstract class FrameHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(FrameHandler.class);

  private final ByteBuf gathered = Unpooled.buffer(512);

  abstract void message(ChannelHandlerContext ctx, UpgradeMessage message);

  abstract void ended();

  /** A descriptor came; ours to close. By default nobody asked for one. */
  void descriptor(FileDescriptor descriptor) {
    closeQuietly(descriptor);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof FileDescriptor descriptor) {
      descriptor(descriptor);
      return;
    }
    ByteBuf in = (ByteBuf) message;
    try {
      gathered.discardReadBytes();
      gathered.writeBytes(in);
    } finally {
      in.release();
    }
    try {
      Optional<UpgradeMessage> next = UpgradeCodec.decode(gathered);
      while (next.isPresent() && ctx.channel().isActive()) {
        message(ctx, next.get());
        next = UpgradeCodec.decode(gathered);
      }
    } catch (UpgradeCodec.MalformedException e) {
      LOG.warn("Upgrade: {}; the conversation ends", e.getMessage());
      ctx.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ended();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.warn("Upgrade: the conversation fails", cause);
    }
    ctx.close();
  }

  static Future<Void> send(Channel channel, UpgradeMessage message) {
    ByteBuf out = channel.alloc().buffer(256);
    UpgradeCodec.encode(message, out);
    return channel.writeAndFlush(out);
  }

  static void closeQuietly(FileDescriptor descriptor) {
    try {
      descriptor.close();
    } catch (IOException e) {
      LOG.debug("Closing a descriptor", e);
    }
  }
}
