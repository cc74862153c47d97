package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.codec.ChunkWriter;
import io.heddle.proxy.codec.ConnectionOption;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.HttpVersion;
import io.heddle.proxy.codec.Limits;
import io.heddle.proxy.codec.Outcome;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.RequestWriter;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.ResponseParser;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.codec.Violation;
import io.heddle.proxy.engine.cluster.UpstreamStream.UpstreamReset;
import io.heddle.proxy.engine.loop.ByteMeter;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Output;
import io.heddle.proxy.engine.loop.SocketFilters;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.xds.model.ClusterConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection to a host, serving one stream at a time. Owned by its event loop.
 *
 * <p>IDLE ⇄ BUSY → CLOSED. It is given back to its pool when both the request and the response are
 * whole; a response that ends first costs the connection.
 */
// The channel's handler learns of failures; identity is meant.
@SuppressWarnings({"FutureReturnValueIgnored", "ReferenceEquality"})
final class Http1UpstreamConnection extends ChannelInboundHandlerAdapter
    implements UpstreamConnection {
  private enum State {
    IDLE,
    BUSY,
    CLOSED
  }

  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final HttpPool pool;
  private final UpstreamConnector connector;
  private final DuplexChannel channel;
  private final ResponseParser parser;
  private final Output output;
  private final Deadline timer =
      new Deadline() {
        @Override
        protected void expired() {
          timerExpired();
        }
      };

  private final Deadline age =
      new Deadline() {
        @Override
        protected void expired() {
          aged();
        }
      };

  private State state = State.IDLE;
  private @Nullable UpstreamStream stream;
  private Framing framing = Framing.NONE;
  private boolean requestDone;
  private boolean responseDone;
  private boolean keepAlive;
  private boolean anyByte;
  private boolean connect;

  /** The host has switched to what it was offered. */
  private boolean tunnel;

  private boolean slow;
  private boolean old;
  private long requests;
  private long flushedBytes;
  private int readDisabled;
  private @Nullable String failure;

  /** Takes a connection over that stands. */
  Http1UpstreamConnection(
      Worker worker, Cluster cluster, Host host, HttpPool pool, UpstreamConnector connector) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.pool = pool;
    this.connector = connector;
    this.channel = connector.channel();
    connector.speaks(HttpVersion.HTTP_1_1);
    ClusterConfig config = cluster.config();
    this.parser =
        new ResponseParser(
            worker.heads(),
            Limits.defaults()
                .withHead(
                    Math.clamp(config.maxResponseHeadersKb() * 1024L, 1 << 10, 1 << 20),
                    Math.clamp(config.maxResponseHeadersCount(), 1, 1000)));
    this.output = new Output(worker, channel);
    worker.stats().increment(cluster.stats().cxHttp1Total);
    channel.pipeline().addLast(this);
    Duration oldest = config.pooling().maxConnectionDuration();
    if (!oldest.isZero()) {
      worker.wheel().arm(age, oldest.toNanos());
    }
  }

  /** It gets no further request. */
  private void aged() {
    worker.stats().increment(cluster.stats().cxMaxDuration);
    old = true;
    if (state == State.IDLE) {
      close();
    }
  }

  private void timer(Duration after) {
    if (after.isZero()) {
      worker.wheel().disarm(timer);
    } else {
      worker.wheel().arm(timer, after.toNanos());
    }
  }

  private void timerExpired() {
    if (state == State.IDLE) {
      worker.stats().increment(cluster.stats().cxIdleTimeout);
      close();
    }
  }

  /** Whether a request may be put on it. */
  boolean usable() {
    return state == State.IDLE && channel.isActive() && !host.removed();
  }

  void idle() {
    state = State.IDLE;
    timer(cluster.config().idleTimeout());
  }

  void assign(UpstreamStream next) {
    worker.wheel().disarm(timer);
    state = State.BUSY;
    stream = next;
    requestDone = false;
    responseDone = false;
    anyByte = false;
    tunnel = false;
    requests++;
    next.onConnection(this);
  }

  @Override
  public UpstreamSocket socket() {
    return connector.socket();
  }

  @Override
  public boolean switchesProtocols(RequestHead offer) {
    return true;
  }

  @Override
  public boolean reused() {
    return requests > 1;
  }

  @Override
  public void sendHead(RequestHead head, Framing bodyFraming, long contentLength, boolean end) {
    boolean offer = bodyFraming == Framing.UNTIL_CLOSE;
    connect = offer && head.methodIs("CONNECT");
    boolean upgrade = offer && !connect;
    parser.expect(head.method(), upgrade);
    framing = bodyFraming;
    long before = output.bytes();
    int fields =
        RequestWriter.write(
            head,
            offer ? Framing.NONE : bodyFraming,
            contentLength,
            upgrade ? ConnectionOption.UPGRADE : ConnectionOption.NONE,
            output.buffer());
    sent(before, fields);
    if (end) {
      requestEnded();
    }
  }

  private void sent(long before, int fields) {
    UpstreamStream current = stream;
    ByteMeter meter = current == null ? null : current.bytes();
    if (meter != null) {
      meter.sent(output.bytes() - before);
      meter.headSent(fields);
    }
  }

  @Override
  public void sendData(ByteBuf data, boolean end) {
    int size = data.readableBytes();
    long before = output.bytes();
    if (framing == Framing.CHUNKED) {
      if (size > 0) {
        ChunkWriter.writeSize(size, output.buffer());
        output.write(data);
        ChunkWriter.writeEnd(output.buffer());
      } else {
        data.release();
      }
      if (end) {
        ChunkWriter.writeLast(output.buffer());
      }
    } else {
      output.write(data);
    }
    sent(before, 0);
    if (end) {
      requestEnded();
    }
  }

  @Override
  public void sendTrailers(Trailers trailers) {
    if (framing == Framing.CHUNKED) {
      long before = output.bytes();
      sent(before, ChunkWriter.writeLast(trailers, output.buffer()));
    }
    requestEnded();
  }

  private void requestEnded() {
    requestDone = true;
    if (tunnel) {
      // What the connection was switched to ends by its end.
      output.flushIfQueued();
      channel
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(sent -> {
            if (sent.isSuccess() && state != State.CLOSED) {
              SocketFilters.endOutput(channel);
            }
          });
    }
    finishIfDone();
  }

  @Override
  public void disableRead() {
    if (readDisabled++ == 0) {
      channel.config().setAutoRead(false);
    }
  }

  @Override
  public void enableRead() {
    if (--readDisabled == 0 && state != State.CLOSED) {
      channel.config().setAutoRead(true);
    }
  }

  @Override
  public boolean slow() {
    return slow;
  }

  @Override
  public void abandon() {
    stream = null;
    close();
  }

  void close() {
    closed(true);
    channel.close();
  }

  private void closed(boolean byUs) {
    if (state == State.CLOSED) {
      return;
    }
    boolean busy = state == State.BUSY;
    state = State.CLOSED;
    LoopStats loop = worker.stats();
    ClusterStats stats = cluster.stats();
    loop.increment(stats.cxDestroy);
    loop.increment(byUs ? stats.cxDestroyLocal : stats.cxDestroyRemote);
    if (busy && !(requestDone && responseDone)) {
      loop.increment(stats.cxDestroyWithActive);
    }
    release();
    pool.gone(this);
  }

  private void release() {
    worker.wheel().remove(timer);
    worker.wheel().remove(age);
    countSent();
    output.discard();
    parser.close();
    connector.ended();
  }

  private void countSent() {
    long sent = output.bytes();
    worker.stats().add(cluster.stats().cxTxBytes, sent - flushedBytes);
    flushedBytes = sent;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    worker.beginBatch();
    ByteBuf in = (ByteBuf) message;
    worker.stats().add(cluster.stats().cxRxBytes, in.readableBytes());
    anyByte = true;
    try {
      read(in);
    } finally {
      in.release();
    }
  }

  private void read(ByteBuf in) {
    if (state == State.CLOSED) {
      return;
    }
    if (state != State.BUSY) {
      // Bytes that nobody asked for: what follows cannot be trusted.
      worker.stats().increment(cluster.stats().cxProtocolError);
      close();
      return;
    }
    UpstreamStream current = stream;
    while (current != null && current == stream) {
      int from = in.readerIndex();
      Outcome outcome = parser.parse(in);
      int taken = in.readerIndex() - from;
      ByteMeter meter = current.bytes();
      if (meter != null) {
        meter.received(outcome == Outcome.DATA ? taken + parser.dataLength() : taken);
      }
      switch (outcome) {
        case NEED_MORE -> {
          return;
        }
        case HEAD -> head(current, parser.takeHead());
        case DATA -> {
          ByteBuf data = in.readRetainedSlice(parser.dataLength());
          boolean end = parser.exhausted();
          if (end) {
            responseDone = true;
          }
          current.onData(data, end);
        }
        case TRAILERS -> {
          responseDone = true;
          Trailers trailers = parser.takeTrailers();
          if (meter != null) {
            meter.headReceived(trailers.enteredBytes());
          }
          current.onTrailers(trailers);
        }
        case END -> {
          if (in.isReadable()) {
            // Bytes that nobody asked for. Told before the connection could be given to a stream
            // that waits, which would take what follows for its response.
            worker.stats().increment(cluster.stats().cxProtocolError);
            keepAlive = false;
          }
          ended(current);
          return;
        }
        case ERROR -> {
          protocolError(current);
          return;
        }
      }
    }
  }

  private void head(UpstreamStream current, ResponseHead head) {
    ByteMeter meter = current.bytes();
    if (meter != null) {
      meter.headReceived(head.enteredBytes());
    }
    if (head.status() < 200 && head.status() != 101) {
      current.onInformational(head);
      return;
    }
    keepAlive = head.keepAlive();
    boolean end = parser.exhausted();
    responseDone = end;
    tunnel = head.status() == 101 || (connect && head.status() < 300);
    current.onHead(head, end);
  }

  private void ended(UpstreamStream current) {
    if (!responseDone) {
      responseDone = true;
      current.onData(Unpooled.EMPTY_BUFFER, true);
    }
    if (current == stream || stream == null) {
      finishIfDone();
    }
  }

  /** Gives the connection back once nothing of the exchange is left on it. */
  private void finishIfDone() {
    if (state != State.BUSY || !responseDone || !parser.idle()) {
      return;
    }
    if (!requestDone) {
      // The answer came before the whole question: the rest is not worth sending.
      stream = null;
      close();
      return;
    }
    stream = null;
    countSent();
    long max = cluster.config().maxRequestsPerConnection();
    if (max > 0 && requests >= max) {
      worker.stats().increment(cluster.stats().cxMaxRequests);
      close();
    } else if (!keepAlive || old || !channel.isActive() || host.removed()) {
      close();
    } else {
      while (readDisabled > 0) {
        enableRead();
      }
      state = State.IDLE;
      pool.available(this);
    }
  }

  private void protocolError(UpstreamStream current) {
    worker.stats().increment(cluster.stats().cxProtocolError);
    String detail = parser.violation().map(Violation::details).orElse("protocol_error");
    stream = null;
    close();
    current.onReset(new UpstreamReset(true, reused(), true, detail));
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    worker.endBatch();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    worker.batch(this::inputClosed);
  }

  private void inputClosed() {
    UpstreamStream current = stream;
    if (state != State.BUSY || current == null) {
      closed(false);
      return;
    }
    if (responseDone) {
      // It closed after its response while we still send: the response stands.
      stream = null;
      closed(false);
      return;
    }
    boolean whole = parser.inputClosed() == Outcome.END;
    stream = null;
    closed(false);
    if (whole) {
      current.onData(Unpooled.EMPTY_BUFFER, true);
    } else {
      String detail = failure;
      current.onReset(new UpstreamReset(false, reused(), anyByte, detail == null ? "" : detail));
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!channel.isWritable()) {
      output.flushIfQueued();
    }
    boolean now = !channel.isWritable();
    UpstreamStream current = stream;
    if (now != slow) {
      slow = now;
      if (current != null) {
        worker.batch(() -> current.onWritable(!now));
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    failure = String.valueOf(cause.getMessage());
    channel.close();
  }
}
