package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.Flushable;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.Http2Options;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Error;
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
// in one place, and each is a few lines. What frames do is in FramesRead.
@SuppressWarnings("FutureReturnValueIgnored")
public final class FrameConnection<S> extends ChannelDuplexHandler
    implements Flushable, SendFlow.Ends<S> {
  private static final Logger LOG = LoggerFactory.getLogger(FrameConnection.class);
  private static final long PING = 0x4865_6464_6c65L;

  final Worker worker;
  final FrameOwner<S> owner;
  final Http2Options options;
  final FrameStats stats;
  final boolean server;
  final long listBytes;
  final Streams<S> streams;
  final FloodGuard guard;
  final FieldEncoder encoder;
  final FrameWriter writer;
  final SendFlow<S> sending;
  final ReceiveFlow receiving;
  private final FrameParser parser;
  private final PacedInput input;
  private final KeepAlive keepAlive;
  private final FieldList outgoing = new FieldList();
  private final ArrayDeque<FrameStream<S>> closing = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;
  private boolean begun;
  private boolean queued;
  private boolean goAwaySaid;
  private boolean failed;
  private boolean finished;

  private FrameConnection(
      Worker worker,
      FrameOwner<S> owner,
      Http2Options options,
      long listBytes,
      FrameStats stats,
      ReadSwitch reading,
      boolean server) {
    this.worker = worker;
    this.owner = owner;
    this.options = options;
    this.stats = stats;
    this.server = server;
    this.listBytes = listBytes;
    this.encoder = new FieldEncoder(options.hpackTableSize());
    this.streams = new Streams<>(server);
    this.guard = new FloodGuard(worker, options, stats, server);
    this.writer = new FrameWriter(encoder);
    this.sending = new SendFlow<>(writer, this);
    this.receiving =
        new ReceiveFlow(writer, options.connectionWindowBytes(), options.streamWindowBytes());
    // A block that is a little too large is read, so that its stream alone can be refused.
    this.parser =
        new FrameParser(
            new FramesRead<>(this, new FieldDecoder(listBytes)), server, listBytes + listBytes / 4);
    this.input = new PacedInput(worker, parser, reading, this::fail);
    this.keepAlive = new KeepAlive(worker, options, this::ping, this::silent);
  }

  /**
   * The connection of a client.
   *
   * @param listBytes that a request's fields may have, as RFC 9113 counts them
   * @param reading switches the channel's reading
   */
  public static <S> FrameConnection<S> server(
      Worker worker,
      FrameOwner<S> owner,
      Http2Options options,
      long listBytes,
      FrameStats stats,
      ReadSwitch reading) {
    return new FrameConnection<>(worker, owner, options, listBytes, stats, reading, true);
  }

  /** The connection to a host; arguments as of {@link #server}. */
  public static <S> FrameConnection<S> client(
      Worker worker,
      FrameOwner<S> owner,
      Http2Options options,
      long listBytes,
      FrameStats stats,
      ReadSwitch reading) {
    return new FrameConnection<>(worker, owner, options, listBytes, stats, reading, false);
  }

  // --- the channel ---

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    writer.begin(ctx);
    if (ctx.channel().isActive()) {
      begin();
    }
    keepAlive.heard();
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
    receiving.begin();
    queue();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    worker.beginBatch();
    ByteBuf in = (ByteBuf) message;
    if (!failed) {
      owner.received(in.readableBytes());
    }
    input.add(ctx.alloc(), in);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    input.turnEnded();
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
      if (sending.sendWaiting()) {
        queue();
      }
      writabilityOfAll();
    }
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    if (ctx.channel().isActive() && begun && !finished) {
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
    worker.batch(() -> {
      input.last(ctx.alloc());
      finish();
    });
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
      keepAlive.end();
      input.end();
      parser.free();
      closeAll();
      owner.sent(writer.take());
      writer.free();
      owner.gone();
    }
  }

  /** Something was written: it leaves at the end of the turn. */
  void queue() {
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
    do {
      writer.flush();
      // What the socket took at once makes room for more.
    } while (!finished && sending.sendWaiting());
    if (!closing.isEmpty()) {
      worker.batch(this::closeEnded);
    }
    owner.sent(writer.take());
  }

  private void closeEnded() {
    for (FrameStream<S> next = closing.poll(); next != null; next = closing.poll()) {
      next.closing = false;
      close(next);
    }
  }

  /** Ends the connection without regard for what is under way. */
  public void closeNow() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.channel().close();
    }
  }

  // --- keep-alive ---

  private void ping() {
    if (!failed) {
      writer.ping(false, PING);
      queue();
    }
  }

  private void silent() {
    worker.stats().increment(stats.keepAliveTimeout);
    closeNow();
  }

  void pong() {
    keepAlive.heard();
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
    FrameStream<S> stream = streams.local(sending.initialWindow(), receiving.streamWindow());
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
    if (stream.waits()) {
      sending.trailers(stream, fields.copy());
      return 0;
    }
    queue();
    if (!encoder.allows(fields)) {
      worker.stats().increment(stats.rxMessagingError);
      if (stream.headSeen || server) {
        reset(stream, Http2Error.PROTOCOL_ERROR);
      } else {
        // The peer knows nothing of it.
        closeAtEnd(stream);
      }
      return 0;
    }
    int written = writer.fields(stream.id, fields, end);
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
    sending.data(stream, data, end);
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

  void sendReset(FrameStream<S> stream, Http2Error error) {
    stream.resetSent = true;
    streams.wasReset(stream.id);
    sending.drop(stream);
    writer.reset(stream.id, error);
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
    } else if (provoked()) {
      reset(stream, Http2Error.PROTOCOL_ERROR);
    }
  }

  /** The peer has made us reset a stream; false where it has done so too often. */
  boolean provoked() {
    try {
      guard.provoked();
      return true;
    } catch (FrameException flood) {
      fail(flood.error(), flood.detail());
      return false;
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
    sending.drop(stream);
    if (!failed && !finished && receiving.ended(stream)) {
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
    writer.goAway(last, Http2Error.NO_ERROR, "");
    queue();
  }

  /** The same, of what has come. */
  public void sayLastGoAway() {
    sayGoAway(streams.lastRemote());
  }

  /** The peer broke the protocol of the whole connection. */
  void fail(Http2Error error, String detail) {
    if (failed || finished) {
      return;
    }
    failed = true;
    input.end();
    goAwaySaid = true;
    worker.stats().increment(stats.goAwaySent);
    writer.goAway(streams.lastRemote(), error, detail);
    worker.batch(this::closeAll);
    writer.flush();
    owner.protocolError(detail);
  }

  // --- credit and answers ---

  /** Gives credit for this many bytes of a stream's body back. */
  public void consumed(FrameStream<?> stream, int bytes) {
    if (bytes > 0 && !failed && !finished && receiving.consumed(stream, bytes)) {
      queue();
    }
  }

  /** Whether what is sent on it leaves, and does not only gather. */
  public boolean writable(FrameStream<?> stream) {
    ChannelHandlerContext ctx = context;
    return ctx != null && ctx.channel().isWritable() && sending.open(stream);
  }

  void writabilityOfAll() {
    for (FrameStream<S> each : streams.all()) {
      S user = each.user;
      if (user != null) {
        owner.writabilityChanged(user);
      }
    }
  }

  /** A frame was written that answers one of the peer's, who may read nothing for ever. */
  void answered() {
    queue();
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
