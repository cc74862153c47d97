package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Flushable;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.Http2Options;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of HTTP/2 (RFC 9113; ADR 12), flushed once a turn of the loop: reads frames, keeps
 * the states and windows of streams, sends PINGs, ends gracefully. Owned by its event loop.
 *
 * <p>A stream whose last byte is written closes when the turn's bytes were given to the socket, not
 * from within the call that wrote it.
 *
 * @param <S> what the owner has for a stream
 */
// The channel's handler learns of failures. Over 400 lines: what owners may ask of a connection is
// in one place, and each is a few lines.
@SuppressWarnings("FutureReturnValueIgnored")
public final class FrameConnection<S> extends ChannelDuplexHandler
    implements Flushable, SendFlow.Ends<S> {
  private static final Logger LOG = LoggerFactory.getLogger(FrameConnection.class);
  private static final long PING = 0x4865_6464_6c65L;
  private static final AsciiString STATUS = AsciiString.cached(":status");
  private static final AsciiString TOO_LARGE = AsciiString.cached("431");

  private final Worker worker;
  private final FrameOwner<S> owner;
  private final Http2Options options;
  private final FrameStats stats;
  private final boolean server;
  private final long listBytes;
  private final Streams<S> streams;
  private final FloodGuard guard;
  private final FrameParser parser;
  private final FramesRead<S> read;
  private final FieldList outgoing = new FieldList();
  private final ArrayDeque<FrameStream<S>> closing = new ArrayDeque<>();
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
  private @Nullable Wire<S> wire;
  private boolean begun;
  private boolean queued;
  private boolean goAwaySaid;
  private boolean failed;
  private boolean finished;

  /** What there is once the connection is in a pipeline. */
  private record Wire<S>(
      ChannelHandlerContext ctx, FrameWriter writer, SendFlow<S> sending, ReceiveFlow receiving) {}

  private FrameConnection(
      Worker worker,
      FrameOwner<S> owner,
      Http2Options options,
      long listBytes,
      FrameStats stats,
      boolean server) {
    this.worker = worker;
    this.owner = owner;
    this.options = options;
    this.stats = stats;
    this.server = server;
    this.listBytes = listBytes;
    this.streams = new Streams<>(server);
    this.guard = new FloodGuard(worker, options, stats, server);
    this.read =
        new FramesRead<>(this, owner, streams, guard, new FieldDecoder(listBytes), server);
    // A block that is a little too large is read, so that its stream alone can be refused.
    this.parser = new FrameParser(read, server, listBytes + listBytes / 4);
  }

  /**
   * The connection of a client.
   *
   * @param listBytes that a request's fields may have, as RFC 9113 counts them
   */
  public static <S> FrameConnection<S> server(
      Worker worker, FrameOwner<S> owner, Http2Options options, long listBytes, FrameStats stats) {
    return new FrameConnection<>(worker, owner, options, listBytes, stats, true);
  }

  /** The connection to a host; arguments as of {@link #server}. */
  public static <S> FrameConnection<S> client(
      Worker worker, FrameOwner<S> owner, Http2Options options, long listBytes, FrameStats stats) {
    return new FrameConnection<>(worker, owner, options, listBytes, stats, false);
  }

  private Wire<S> wire() {
    Wire<S> there = wire;
    if (there == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return there;
  }

  // --- the channel ---

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    FrameWriter writer = new FrameWriter(ctx);
    wire =
        new Wire<>(
            ctx,
            writer,
            new SendFlow<>(writer, this),
            new ReceiveFlow(
                writer, options.connectionWindowBytes(), options.streamWindowBytes()));
    if (ctx.channel().isActive()) {
      begin();
    }
    if (!options.keepAliveInterval().isZero()) {
      worker.wheel().arm(pingDue, options.keepAliveInterval().toNanos());
    }
    owner.opened();
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    begin();
    ctx.fireChannelActive();
  }

  private void begin() {
    if (begun) {
      return;
    }
    begun = true;
    FrameWriter writer = wire().writer;
    if (!server) {
      writer.preface();
      writer.settings(
          Frame.HEADER_TABLE_SIZE,
          options.hpackTableSize(),
          Frame.ENABLE_PUSH,
          0,
          Frame.INITIAL_WINDOW_SIZE,
          options.streamWindowBytes(),
          Frame.MAX_HEADER_LIST_SIZE,
          listBytes);
    } else {
      writer.settings(
          Frame.HEADER_TABLE_SIZE,
          options.hpackTableSize(),
          Frame.MAX_CONCURRENT_STREAMS,
          options.maxConcurrentStreams(),
          Frame.INITIAL_WINDOW_SIZE,
          options.streamWindowBytes(),
          Frame.MAX_HEADER_LIST_SIZE,
          listBytes,
          Frame.ENABLE_CONNECT_PROTOCOL,
          options.allowConnect() ? 1 : 0);
    }
    wire().receiving.begin();
    queue();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    worker.beginBatch();
    if (failed) {
      // Read, so that closing does not reset what was said last.
      ReferenceCountUtil.release(message);
      return;
    }
    ByteBuf in = (ByteBuf) message;
    owner.received(in.readableBytes());
    try {
      parser.read(ctx.alloc(), in);
    } catch (FrameException failure) {
      fail(failure.error(), failure.detail());
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    worker.endBatch();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    // That it is no more writable comes in the midst of a write; whoever writes next notices.
    if (ctx.channel().isWritable() && !finished) {
      worker.batch(this::roomAgain);
    }
    ctx.fireChannelWritabilityChanged();
  }

  private void roomAgain() {
    if (!finished) {
      if (wire().sending.sendWaiting()) {
        queue();
      }
      writabilityOfAll();
    }
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    if (ctx.channel().isActive() && begun && !finished) {
      FrameWriter writer = wire().writer;
      if (!goAwaySaid) {
        goAwaySaid = true;
        writer.goAway(streams.lastRemote(), Http2Error.NO_ERROR, "");
      }
      writer.flush();
    }
    ctx.close(promise);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    worker.batch(this::finish);
    ctx.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    worker.batch(this::finish);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.error("An HTTP/2 connection failed and is closed", cause);
      if (!finished && !failed) {
        fail(Http2Error.INTERNAL_ERROR, String.valueOf(cause.getMessage()));
        return;
      }
    }
    ctx.channel().close();
  }

  private void finish() {
    if (!finished) {
      finished = true;
      worker.wheel().remove(pingDue);
      worker.wheel().remove(pongDue);
      parser.free();
      closeAll();
      FrameWriter writer = wire().writer;
      owner.sent(writer.take());
      writer.free();
      owner.gone();
    }
  }

  /** Something was written: it leaves at the end of the turn. */
  private void queue() {
    if (!queued) {
      queued = true;
      worker.flushAtEnd(this);
    }
  }

  @Override
  public void flushPending() {
    queued = false;
    if (finished) {
      return;
    }
    Wire<S> to = wire();
    do {
      to.writer.flush();
      // What the socket took at once makes room for more.
    } while (!finished && to.sending.sendWaiting());
    if (!closing.isEmpty()) {
      worker.batch(this::closeEnded);
    }
    owner.sent(to.writer.take());
  }

  private void closeEnded() {
    for (FrameStream<S> next = closing.poll(); next != null; next = closing.poll()) {
      next.closing = false;
      close(next);
    }
  }

  /** Ends the connection without regard for what is under way. */
  public void closeNow() {
    Wire<S> there = wire;
    if (there != null) {
      there.ctx.channel().close();
    }
  }

  // --- keep-alive ---

  private void ping() {
    if (!finished && !failed) {
      wire().writer.ping(false, PING);
      queue();
      worker.wheel().arm(pongDue, options.keepAliveTimeout().toNanos());
    }
  }

  void pong() {
    worker.wheel().disarm(pongDue);
    if (!finished && !options.keepAliveInterval().isZero()) {
      worker.wheel().arm(pingDue, options.keepAliveInterval().toNanos());
    }
  }

  // --- what owners ask ---

  /** Bytes of the frame that the owner hears of now. */
  public int frameBytes() {
    return parser.frameBytes();
  }

  /** The same of all frames of the list of fields that the owner hears of now. */
  public int fieldBytes() {
    return parser.fieldBytes();
  }

  /** Whether the peer broke the protocol of the whole connection. */
  public boolean failed() {
    return failed;
  }

  /** Whether the peer has said that it takes no more streams. */
  public boolean goingAway() {
    return streams.goingAway();
  }

  /** Whether the peer has said that it does nothing with the stream. */
  public boolean untaken(FrameStream<S> stream) {
    return streams.untaken(stream.id);
  }

  /** How many streams at once the peer takes. */
  public long peerMaxStreams() {
    return streams.peerMax();
  }

  /** Shows all that the owner has for streams. */
  public void forEach(Consumer<S> to) {
    for (FrameStream<S> each : streams.all()) {
      S user = each.user;
      if (user != null) {
        to.accept(user);
      }
    }
  }

  /** Says whose a stream of the peer's is. */
  public void put(FrameStream<S> stream, S user) {
    stream.user = user;
  }

  /** Opens a stream; null where the peer takes none. */
  public @Nullable FrameStream<S> open(S user) {
    if (finished || failed) {
      return null;
    }
    Wire<S> to = wire();
    FrameStream<S> stream =
        streams.local(to.sending.initialWindow(), to.receiving.streamWindow());
    if (stream != null) {
      stream.user = user;
    }
    return stream;
  }

  /** A list to be filled and written, one at a time. */
  public FieldList fields() {
    return outgoing.clear();
  }

  // --- writing ---

  private boolean ended(FrameStream<?> stream) {
    return stream.localEnd || stream.resetSent || stream.closing || stream.id == 0;
  }

  /**
   * Sends fields.
   *
   * @return how many bytes they are; 0 where they have to wait for a body before them
   */
  public int writeHeaders(FrameStream<S> stream, FieldList fields, boolean end) {
    if (ended(stream)) {
      return 0;
    }
    Wire<S> to = wire();
    if (stream.waits()) {
      to.sending.trailers(stream, fields.copy());
      return 0;
    }
    queue();
    int written;
    try {
      written = to.writer.fields(stream.id, fields, end);
    } catch (Http2Exception tooLarge) {
      worker.stats().increment(stats.rxMessagingError);
      if (stream.headSeen || server) {
        reset(stream, Http2Error.PROTOCOL_ERROR);
      } else {
        // The peer knows nothing of it.
        closeAtEnd(stream);
      }
      return 0;
    }
    if (end) {
      localEnded(stream);
    }
    return written;
  }

  @Override
  public void writeTrailers(FrameStream<S> stream, FieldList trailers) {
    int _ = writeHeaders(stream, trailers, true);
  }

  /** Sends a piece of body, when the peer's windows allow. Takes ownership. */
  public void writeData(FrameStream<S> stream, ByteBuf data, boolean end) {
    if (ended(stream) || stream.pendingEnd) {
      data.release();
      return;
    }
    guard.dataSent(data.readableBytes());
    wire().sending.data(stream, data, end);
    queue();
  }

  @Override
  public void localEnded(FrameStream<S> stream) {
    stream.localEnd = true;
    if (stream.remoteEnd) {
      closeAtEnd(stream);
    } else if (stream.resetAtEnd) {
      reset(stream, Http2Error.NO_ERROR);
    }
  }

  /** What the peer has yet to say is not wanted: it is told so when it has been sent our end. */
  public void unwantedAtEnd(FrameStream<S> stream) {
    if (stream.localEnd && !stream.remoteEnd) {
      reset(stream, Http2Error.NO_ERROR);
    } else {
      stream.resetAtEnd = true;
    }
  }

  /** Resets a stream. */
  public void reset(FrameStream<S> stream, Http2Error error) {
    if (stream.id != 0 && !stream.resetSent && !stream.closing) {
      worker.stats().increment(stats.txReset);
      sendReset(stream, error);
    }
  }

  private void sendReset(FrameStream<S> stream, Http2Error error) {
    stream.resetSent = true;
    streams.wasReset(stream.id);
    wire().sending.drop(stream);
    wire().writer.reset(stream.id, error);
    closeAtEnd(stream);
    answered();
  }

  private void closeAtEnd(FrameStream<S> stream) {
    if (!stream.closing) {
      stream.closing = true;
      closing.add(stream);
      queue();
    }
  }

  /** A message of the peer is malformed: its stream ends, or all do where the options say so. */
  public void malformed(FrameStream<S> stream, String detail) {
    if (options.malformedEndsConnection()) {
      fail(Http2Error.PROTOCOL_ERROR, detail);
    } else {
      reset(stream, Http2Error.PROTOCOL_ERROR);
    }
  }

  // --- the end of streams ---

  void close(FrameStream<S> stream) {
    if (!streams.remove(stream)) {
      return;
    }
    if (stream.closing) {
      closing.remove(stream);
    }
    stream.closing = true;
    Wire<S> to = wire();
    to.sending.drop(stream);
    if (!failed && !finished && to.receiving.ended(stream)) {
      queue();
    }
    S user = stream.user;
    if (user != null) {
      owner.closed(stream, user);
    }
    streams.reuse(stream);
  }

  private void closeAll() {
    for (FrameStream<S> each : streams.all()) {
      close(each);
    }
  }

  // --- the end of the connection ---

  /** Says that no stream after {@code last} will be served. */
  public void sayGoAway(int last) {
    if (finished || failed) {
      return;
    }
    worker.stats().increment(stats.goAwaySent);
    goAwaySaid = true;
    streams.goAwaySaid(last);
    wire().writer.goAway(last, Http2Error.NO_ERROR, "");
    queue();
  }

  /** The same, of what has come. */
  public void sayLastGoAway() {
    sayGoAway(streams.lastRemote());
  }

  private void fail(Http2Error error, String detail) {
    if (failed || finished) {
      return;
    }
    failed = true;
    parser.stop();
    goAwaySaid = true;
    worker.stats().increment(stats.goAwaySent);
    FrameWriter writer = wire().writer;
    writer.goAway(streams.lastRemote(), error, detail);
    worker.batch(this::closeAll);
    writer.flush();
    owner.protocolError(detail);
  }

  // --- what frames do ---

  FrameStream<S> remoteStream(int streamId) throws FrameException {
    if (streams.size() >= options.maxConcurrentStreams()) {
      throw FrameException.stream(
          streamId,
          Http2Error.REFUSED_STREAM,
          "Maximum active streams violated for this endpoint: " + streams.size());
    }
    Wire<S> to = wire();
    return streams.remote(streamId, to.sending.initialWindow(), to.receiving.streamWindow());
  }

  void streamFailed(FrameException failure) {
    FrameStream<S> stream = streams.get(failure.streamId());
    int streamId = failure.streamId();
    worker.stats().increment(stats.rxMessagingError);
    S user = stream == null ? null : stream.user;
    boolean head =
        stream == null ? failure.error() == Http2Error.REFUSED_STREAM : user == null;
    owner.streamError(user, head, failure.detail());
    if (options.malformedEndsConnection() && failure.error() == Http2Error.PROTOCOL_ERROR) {
      fail(failure.error(), failure.detail());
      return;
    }
    try {
      guard.provoked();
    } catch (FrameException flood) {
      fail(flood.error(), flood.detail());
      return;
    }
    if (stream != null && !stream.closing) {
      sendReset(stream, failure.error());
    } else {
      streams.wasReset(streamId);
      wire().writer.reset(streamId, failure.error());
      queue();
      answered();
    }
  }

  void tooLarge(FrameStream<S> stream, boolean end) {
    stream.remoteEnd = end;
    worker.stats().increment(stats.headerOverflow);
    worker.stats().increment(stats.rxMessagingError);
    String detail = "Header size exceeded max allowed size (" + listBytes + ")";
    S user = stream.user;
    owner.streamError(user, user == null, detail);
    if (options.malformedEndsConnection()) {
      fail(Http2Error.PROTOCOL_ERROR, detail);
    } else if (server && !stream.headSeen) {
      stream.resetAtEnd = true;
      int _ = writeHeaders(stream, fields().add(STATUS, TOO_LARGE), true);
    } else if (!stream.closing) {
      sendReset(stream, Http2Error.PROTOCOL_ERROR);
    }
  }

  void came(FrameStream<S> stream, int bytes) throws FrameException {
    wire().receiving.came(stream, bytes);
  }

  void passedOver(int bytes) throws FrameException {
    if (wire().receiving.passedOver(bytes)) {
      queue();
    }
  }

  /** Gives credit for this many bytes of a stream's body back. */
  public void consumed(FrameStream<?> stream, int bytes) {
    if (bytes > 0 && !finished && wire().receiving.consumed(stream, bytes)) {
      queue();
    }
  }

  /** Whether what is sent on it leaves, and does not only gather. */
  public boolean writable(FrameStream<?> stream) {
    return wire().ctx.channel().isWritable() && wire().sending.open(stream);
  }

  private void writabilityOfAll() {
    for (FrameStream<S> each : streams.all()) {
      S user = each.user;
      if (user != null) {
        owner.writabilityChanged(user);
      }
    }
  }

  void sendCredit(int increment) throws FrameException {
    SendFlow<S> sending = wire().sending;
    boolean before = sending.connectionOpen();
    sending.credit(increment);
    queue();
    if (!before && sending.connectionOpen()) {
      writabilityOfAll();
    }
  }

  void sendCredit(FrameStream<S> stream, int increment) throws FrameException {
    wire().sending.credit(stream, increment);
    queue();
    S user = stream.user;
    if (user != null) {
      owner.writabilityChanged(user);
    }
  }

  void sendWindow(int bytes) throws FrameException {
    wire().sending.initialWindow(bytes, streams.all());
    queue();
    writabilityOfAll();
  }

  void peerFrame(int bytes) {
    wire().sending.maxFrame(bytes);
  }

  void peerTable(long bytes) throws FrameException {
    try {
      wire()
          .writer
          .encoder()
          .configuration()
          .maxHeaderTableSize(Math.min(bytes, options.hpackTableSize()));
    } catch (Http2Exception failure) {
      throw FrameException.connection(failure.error(), String.valueOf(failure.getMessage()));
    }
  }

  void peerList(long bytes) throws FrameException {
    try {
      wire().writer.encoder().configuration().maxHeaderListSize(bytes);
    } catch (Http2Exception failure) {
      throw FrameException.connection(failure.error(), String.valueOf(failure.getMessage()));
    }
  }

  void acknowledge() {
    wire().writer.settingsAcknowledged();
    queue();
    answered();
  }

  void settingsAcknowledged() {
    wire().receiving.acknowledged(streams.all());
    read.table(options.hpackTableSize());
  }

  void answerPing(long data) {
    wire().writer.ping(true, data);
    queue();
    answered();
  }

  /** A peer that makes us answer and reads nothing is not answered for ever. */
  private void answered() {
    FrameWriter writer = wire().writer;
    if (writer.control() > options.maxOutboundControlFrames()) {
      // Maybe they only waited for the turn's end.
      writer.flush();
      try {
        guard.waiting(writer.control());
      } catch (FrameException flood) {
        fail(flood.error(), flood.detail());
      }
    }
  }
}
