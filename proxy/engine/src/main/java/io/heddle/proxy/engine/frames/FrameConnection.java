package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Flushable;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.Http2Options;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Netty's HTTP/2 connection, flushed once a turn of the loop, and what both ends do alike: count
 * bytes, send PINGs, end gracefully. Owned by its event loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class FrameConnection extends Http2ConnectionHandler implements Flushable {
  private static final Logger LOG = LoggerFactory.getLogger(FrameConnection.class);
  private static final int PREFACE_BYTES = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length();
  private static final long PING = 0x4865_6464_6c65L;

  /** What a connection tells its owner, who reads frames with a listener of its own. */
  public interface Owner {
    /** The connection is in its pipeline. */
    void opened();

    /** Bytes have come. */
    void received(int bytes);

    /** Bytes are about to leave. */
    void sent(long bytes);

    /** The channel is gone, and all streams with it. */
    void gone();

    /** The peer broke the protocol and was told so; what is left is to close the channel. */
    void protocolError(String detail);

    /**
     * The peer broke the protocol on one stream, which is reset. Returns whether a message had
     * begun on it.
     */
    boolean streamError(int streamId, String detail);
  }

  private final Worker worker;
  private final Owner owner;
  private final Http2Options options;
  private final FrameStats stats;
  private final FloodGuard guard;
  private final Deadline pingDue =
      new Deadline() {
        @Override
        protected void expired() {
          ping();
        }
      };
  private final Deadline pongDue =
      new Deadline() {
        @Override
        protected void expired() {
          worker.stats().increment(stats.keepAliveTimeout);
          closeNow();
        }
      };
  private @Nullable ChannelHandlerContext context;
  private final FrameSizes sizes;
  private final WrittenBytes written = new WrittenBytes();
  private boolean queued;
  private boolean finished;
  private boolean failed;

  FrameConnection(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Worker worker,
      Owner owner,
      Http2Options options,
      FrameStats stats,
      FloodGuard guard) {
    // Closing the channel says GOAWAY by itself only where nobody has said so yet.
    super(decoder, encoder, settings, false, false);
    this.worker = worker;
    this.owner = owner;
    this.options = options;
    this.stats = stats;
    this.guard = guard;
    this.sizes = new FrameSizes(connection().isServer() ? PREFACE_BYTES : 0);
  }

  /** Where frames are written; there is one from {@link Owner#opened} on. */
  public ChannelHandlerContext context() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return ctx;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    context = ctx;
    ctx.pipeline().addBefore(ctx.name(), null, written);
    super.handlerAdded(ctx);
    int more = options.connectionWindowBytes() - 65_535;
    if (more > 0) {
      decoder().flowController().incrementWindowSize(connection().connectionStream(), more);
    }
    queue();
    if (!options.keepAliveInterval().isZero()) {
      worker.wheel().arm(pingDue, options.keepAliveInterval().toNanos());
    }
    owner.opened();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    worker.beginBatch();
    if (failed) {
      // Read, so that closing does not reset what was said last.
      ReferenceCountUtil.release(message);
      return;
    }
    owner.received(((ByteBuf) message).readableBytes());
    super.channelRead(ctx, message);
  }

  /** One frame at a time, so that whoever hears of it can ask how many bytes it has. */
  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    int size = sizes.next(in);
    if (size == FrameSizes.INCOMPLETE) {
      return;
    }
    int from = in.readerIndex();
    int end = in.writerIndex();
    in.writerIndex(from + size);
    try {
      super.decode(ctx, in, out);
    } finally {
      in.writerIndex(end);
    }
    sizes.took(in.readerIndex() - from);
  }

  /** Bytes of the frame that the owner hears of now. */
  public int frameBytes() {
    return sizes.frame();
  }

  /** The same of all frames of the list of fields that the owner hears of now. */
  public int fieldBytes() {
    return sizes.fields();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    discardSomeReadBytes();
    // Acknowledgements and window updates may have been written by the decoder.
    queue();
    worker.endBatch();
  }

  /** Something was written: it leaves at the end of the turn. */
  public void queue() {
    if (!queued) {
      queued = true;
      worker.flushAtEnd(this);
    }
  }

  @Override
  public void flushPending() {
    queued = false;
    ChannelHandlerContext ctx = context;
    if (ctx != null && !ctx.isRemoved()) {
      flush(ctx);
    }
    owner.sent(written.take());
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    try {
      super.channelInactive(ctx);
    } finally {
      worker.batch(this::finish);
    }
  }

  private void finish() {
    if (!finished) {
      finished = true;
      worker.wheel().remove(pingDue);
      worker.wheel().remove(pongDue);
      owner.sent(written.take());
      owner.gone();
    }
  }

  private void ping() {
    if (!finished) {
      encoder().writePing(context(), false, PING, context().newPromise());
      queue();
      worker.wheel().arm(pongDue, options.keepAliveTimeout().toNanos());
    }
  }

  /** Whether the peer broke the protocol of the whole connection. */
  public boolean failed() {
    return failed;
  }

  /** A PING was answered. */
  public void pong() {
    worker.wheel().disarm(pongDue);
    if (!finished && !options.keepAliveInterval().isZero()) {
      worker.wheel().arm(pingDue, options.keepAliveInterval().toNanos());
    }
  }

  /** Says that no stream after {@code last} will be served. */
  public void sayGoAway(int last) {
    worker.stats().increment(stats.goAwaySent);
    goAway(
        context(),
        last,
        Http2Error.NO_ERROR.code(),
        io.netty.buffer.Unpooled.EMPTY_BUFFER,
        context().newPromise());
    queue();
  }

  /**
   * Sends fields.
   *
   * @return how many bytes they are; 0 where they have to wait for a body before them
   */
  public int writeHeaders(int streamId, Http2Headers headers, boolean end) {
    long before = written.bytes();
    encoder().writeHeaders(context(), streamId, headers, 0, end, context().newPromise());
    queue();
    return (int) (written.bytes() - before);
  }

  /** Sends a piece of body, when the peer's windows allow. Takes ownership. */
  public ChannelFuture writeData(int streamId, ByteBuf data, boolean end) {
    guard.dataSent(data.readableBytes());
    ChannelFuture written =
        encoder().writeData(context(), streamId, data, 0, end, context().newPromise());
    queue();
    return written;
  }

  /** A message of the peer is malformed: its stream ends, or all do where the options say so. */
  public void malformed(int streamId, String detail) {
    if (options.malformedEndsConnection()) {
      onError(
          context(),
          false,
          Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "%s", detail));
    } else {
      reset(streamId, Http2Error.PROTOCOL_ERROR);
    }
  }

  /** Resets a stream. */
  public void reset(int streamId, Http2Error error) {
    worker.stats().increment(stats.txReset);
    resetStream(context(), streamId, error.code(), context().newPromise());
    queue();
  }

  /** The same, once what its windows allow of the body before has been written. */
  public void cutOff(int streamId, Http2Error error) {
    try {
      encoder().flowController().writePendingBytes();
    } catch (Http2Exception failure) {
      onError(context(), true, failure);
    }
    if (connection().stream(streamId) != null) {
      reset(streamId, error);
    }
  }

  /** Ends the connection without regard for what is under way. */
  public void closeNow() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.channel().close();
    }
  }

  /** Gives credit for this many bytes of a stream's body back, also where the stream has ended. */
  public void consumed(Http2Stream stream, int bytes) {
    if (bytes > 0 && !finished) {
      try {
        if (decoder().flowController().consumeBytes(stream, bytes)) {
          queue();
        }
      } catch (Http2Exception failure) {
        onError(context(), true, failure);
      }
    }
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception error) {
    if (failed) {
      return;
    }
    failed = true;
    String detail = String.valueOf(cause.getMessage());
    Http2Error code = error == null ? Http2Error.INTERNAL_ERROR : error.error();
    count(detail, code);
    worker.stats().increment(stats.goAwaySent);
    goAway(
        ctx,
        connection().remote().lastStreamCreated(),
        code.code(),
        ByteBufUtil.writeUtf8(ctx.alloc(), detail),
        ctx.newPromise());
    // The promise that Netty closes it with once more at the channel's end: another would be told
    // of
    // the first, which a void one cannot be.
    connection().close(ctx.voidPromise());
    flush(ctx);
    owner.protocolError(detail);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException error) {
    worker.stats().increment(stats.rxMessagingError);
    if (error instanceof Http2Exception.HeaderListSizeException) {
      worker.stats().increment(stats.headerOverflow);
    }
    boolean begun =
        !outbound && owner.streamError(error.streamId(), String.valueOf(cause.getMessage()));
    if (!outbound
        && options.malformedEndsConnection()
        && error.error() == Http2Error.PROTOCOL_ERROR) {
      onConnectionError(ctx, false, cause, error);
      return;
    }
    super.onStreamError(ctx, outbound, cause, begun ? closed(error) : error);
    queue();
  }

  /**
   * A peer that has ended its half and still sends is told that, whatever else is wrong with the
   * frame (RFC 9113, 5.1, half-closed (remote)).
   */
  private Http2Exception.StreamException closed(Http2Exception.StreamException error) {
    Http2Stream stream = connection().stream(error.streamId());
    return stream != null
            && stream.state() == Http2Stream.State.HALF_CLOSED_REMOTE
            && error.error() == Http2Error.PROTOCOL_ERROR
            && Http2Exception.streamError(
                    error.streamId(), Http2Error.STREAM_CLOSED, "%s", error.getMessage())
                instanceof Http2Exception.StreamException told
        ? told
        : error;
  }

  private void count(String detail, Http2Error error) {
    if (error == Http2Error.ENHANCE_YOUR_CALM && !detail.startsWith(FloodGuard.WORDS)) {
      boolean empty = detail.contains("empty");
      worker.stats().increment(empty ? stats.emptyFramesFlood : stats.controlFlood);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
    if (cause instanceof java.io.IOException) {
      ctx.channel().close();
      return;
    }
    if (!(cause instanceof Http2Exception)) {
      LOG.error("An HTTP/2 connection failed and is closed", cause);
    }
    super.exceptionCaught(ctx, cause);
  }
}
