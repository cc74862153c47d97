package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.UpstreamStream.UpstreamReset;
import io.heddle.proxy.engine.loop.ByteMeter;
import io.heddle.proxy.engine.loop.Output;
import io.heddle.proxy.engine.loop.SocketFilters;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a host that takes what a CONNECT carries and speaks no HTTP: the request's head
 * stays here, the response's is our own 200. Each side's end is passed on as a half-close. Owned by
 * its event loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class TcpUpstreamConnection extends ChannelInboundHandlerAdapter
    implements UpstreamConnection {
  private final Worker worker;
  private final Cluster cluster;
  private final UpstreamConnector connector;
  private final DuplexChannel channel;
  private final Output output;
  private @Nullable UpstreamStream stream;
  private boolean answered;
  private boolean requestDone;
  private boolean responseDone;
  private boolean slow;
  private boolean closed;
  private boolean byUs;
  private int readDisabled;
  private @Nullable String failure;

  /** Takes a connection over that stands. */
  TcpUpstreamConnection(
      Worker worker, Cluster cluster, UpstreamConnector connector, UpstreamStream stream) {
    this.worker = worker;
    this.cluster = cluster;
    this.connector = connector;
    this.channel = connector.channel();
    this.output = new Output(worker, channel);
    this.stream = stream;
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    channel.pipeline().addLast(this);
  }

  @Override
  public UpstreamSocket socket() {
    return connector.socket();
  }

  @Override
  public boolean reused() {
    return false;
  }

  @Override
  public boolean switchesProtocols(RequestHead offer) {
    return true;
  }

  @Override
  public void sendHead(RequestHead head, Framing framing, long contentLength, boolean end) {
    // Not from within: who sends has not done yet.
    worker.loop().execute(() -> worker.batch(this::answer));
    if (end) {
      requestEnded();
    }
  }

  private void answer() {
    UpstreamStream to = stream;
    if (!answered && to != null) {
      answered = true;
      to.onHead(worker.heads().response().start(200), false);
    }
  }

  @Override
  public void sendData(ByteBuf data, boolean end) {
    UpstreamStream to = stream;
    ByteMeter meter = to == null ? null : to.bytes();
    if (meter != null) {
      meter.sent(data.readableBytes());
    }
    output.write(data);
    if (end) {
      requestEnded();
    }
  }

  @Override
  public void sendTrailers(Trailers trailers) {
    requestEnded();
  }

  private void requestEnded() {
    requestDone = true;
    output.flushIfQueued();
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(sent -> {
          if (sent.isSuccess() && !closed) {
            SocketFilters.endOutput(channel);
          }
        });
    closeIfDone();
  }

  private void closeIfDone() {
    if (requestDone && responseDone) {
      stream = null;
      byUs = true;
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> channel.close());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    worker.beginBatch();
    ByteBuf in = (ByteBuf) message;
    worker.stats().add(cluster.stats().cxRxBytes, in.readableBytes());
    answer();
    UpstreamStream to = stream;
    if (to == null || responseDone) {
      in.release();
    } else {
      ByteMeter meter = to.bytes();
      if (meter != null) {
        meter.received(in.readableBytes());
      }
      to.onData(in, false);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    worker.endBatch();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      worker.batch(this::inputEnded);
    }
  }

  private void inputEnded() {
    answer();
    UpstreamStream to = stream;
    if (to != null && !responseDone) {
      responseDone = true;
      to.onData(Unpooled.EMPTY_BUFFER, true);
      closeIfDone();
    }
  }

  @Override
  public void disableRead() {
    if (readDisabled++ == 0) {
      channel.config().setAutoRead(false);
    }
  }

  @Override
  public void enableRead() {
    if (--readDisabled == 0 && !closed) {
      channel.config().setAutoRead(true);
    }
  }

  @Override
  public boolean slow() {
    return slow;
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!channel.isWritable()) {
      output.flushIfQueued();
    }
    boolean now = !channel.isWritable();
    UpstreamStream to = stream;
    if (now != slow) {
      slow = now;
      if (to != null) {
        worker.batch(() -> to.onWritable(!now));
      }
    }
  }

  @Override
  public void abandon() {
    stream = null;
    byUs = true;
    channel.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    worker.batch(this::gone);
  }

  private void gone() {
    if (closed) {
      return;
    }
    closed = true;
    UpstreamStream to = stream;
    stream = null;
    LoopStats loop = worker.stats();
    ClusterStats stats = cluster.stats();
    loop.increment(stats.cxDestroy);
    loop.increment(byUs ? stats.cxDestroyLocal : stats.cxDestroyRemote);
    loop.add(stats.cxTxBytes, output.bytes());
    output.discard();
    connector.ended();
    if (to != null && !responseDone) {
      String detail = failure;
      to.onReset(new UpstreamReset(false, false, answered, detail == null ? "" : detail));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    failure = String.valueOf(cause.getMessage());
    channel.close();
  }
}
