package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.loop.LastFlush;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;

/**
 * The end of a chain whose last network filter is terminal: what that one lets pass is dropped, and
 * nothing is read while the client does not take what was written. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class FilteredConnection extends ChannelInboundHandlerAdapter
    implements DownstreamConnection {
  private final Worker worker;
  private final ConnectionGroup group;
  private final DuplexChannel channel;
  private final ReadSwitch reading;
  private boolean paused;

  FilteredConnection(
      Worker worker, ConnectionGroup group, DuplexChannel channel, ReadSwitch reading) {
    this.worker = worker;
    this.group = group;
    this.channel = channel;
    this.reading = reading;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    group.add(worker, this);
    // What a filter writes when the client has ended its input still reaches it.
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    boolean full = !channel.isWritable();
    if (full == paused) {
      return;
    }
    paused = full;
    if (full) {
      reading.disable();
    } else {
      reading.enable();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      LastFlush.thenClose(worker, channel, NetworkFilters.LINGER);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    group.remove(worker, this);
    worker.connections().decrementAndGet();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    channel.close();
  }

  @Override
  public void drain() {
    // As with the TCP proxy: bytes without a meaning to us have no good moment to end at.
  }

  @Override
  public boolean tunnel() {
    return true;
  }

  @Override
  public void closeNow() {
    channel.close();
  }
}
