package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * What frames mean for a connection and the states of its streams (RFC 9113, 5.1 and 6). Owned by
 * the connection's loop.
 */
final class FramesRead<S> implements FrameSink {
  private static final int LARGEST_FRAME = (1 << 24) - 1;

  private static final AsciiString STATUS = AsciiString.cached(":status");
  private static final AsciiString TOO_LARGE = AsciiString.cached("431");

  private final FrameConnection<S> connection;
  private final FieldDecoder decoder;
  private final FrameOwner<S> owner;
  private final Streams<S> streams;
  private final FloodGuard guard;
  private final boolean server;
  private @Nullable Boolean extendedConnect;

  FramesRead(FrameConnection<S> connection, FieldDecoder decoder) {
    this.connection = connection;
    this.decoder = decoder;
    this.owner = connection.owner;
    this.streams = connection.streams;
    this.guard = connection.guard;
    this.server = connection.server;
  }

  private static FrameException broken(String detail) {
    return FrameException.connection(Http2Error.PROTOCOL_ERROR, detail);
  }

  private static FrameException malformed(int streamId, String detail) {
    return FrameException.stream(streamId, Http2Error.PROTOCOL_ERROR, detail);
  }

  private static FrameException over(int streamId, String frame) {
    return FrameException.stream(
        streamId, Http2Error.STREAM_CLOSED, "Received " + frame + " frame for an ended stream");
  }

  /** What was never opened has no other frames. */
  private void existed(int streamId, String frame) throws FrameException {
    if (!streams.existed(streamId)) {
      throw broken("Received " + frame + " frame for an unknown stream " + streamId);
    }
  }

  // --- messages ---

  @Override
  public void fields(int streamId, ByteBuf block, boolean end, boolean ofItself)
      throws FrameException {
    FrameStream<S> stream = streams.get(streamId);
    boolean opens = stream == null && streams.opens(streamId);
    if (!opens) {
      existed(streamId, "HEADERS");
    }
    guard.fields();
    FieldList fields;
    // Decoded whatever becomes of them: the next block builds upon it.
    try {
      fields = decoder.decode(streamId, block);
    } catch (FieldDecoder.TooLarge tooLarge) {
      fields = null;
    }
    if (opens) {
      stream = open(streamId);
    } else if (stream == null && !streams.ignores(streamId)) {
      throw over(streamId, "HEADERS");
    }
    if (stream == null || stream.resetSent || streams.unserved(streamId)) {
      return;
    }
    if (stream.remoteEnd) {
      throw over(streamId, "HEADERS");
    }
    if (fields == null) {
      tooLarge(stream, end);
      return;
    }
    if (ofItself) {
      throw malformed(streamId, "A stream cannot depend on itself.");
    }
    boolean informational = !server && fields.statusCode() / 100 == 1;
    if (stream.headSeen && (informational || !end)) {
      throw malformed(streamId, "received too many headers");
    }
    if (!stream.headSeen && !informational) {
      stream.headSeen = true;
      stream.expected = fields.contentLength();
      if (stream.expected < -1) {
        throw malformed(streamId, "a content-length that is no number");
      }
    }
    count(stream, 0, end);
    stream.remoteEnd = end;
    owner.headers(stream, stream.user, fields, end);
    var _ = fields.clear();
    ended(stream, streamId, end);
  }

  private @Nullable FrameStream<S> open(int streamId) throws FrameException {
    if (streams.unserved(streamId)) {
      return null;
    }
    streams.used(streamId);
    if (streams.size() >= connection.options.maxConcurrentStreams()) {
      throw FrameException.stream(
          streamId,
          Http2Error.REFUSED_STREAM,
          "Maximum active streams violated for this endpoint: " + streams.size());
    }
    return streams.remote(
        streamId, connection.sending.initialWindow(), connection.receiving.streamWindow());
  }

  /** A client is answered, and nothing else is the matter with it. */
  private void tooLarge(FrameStream<S> stream, boolean end) {
    stream.remoteEnd = end;
    FrameStats stats = connection.stats;
    connection.worker.stats().increment(stats.headerOverflow);
    connection.worker.stats().increment(stats.rxMessagingError);
    String detail = "Header size exceeded max allowed size (" + connection.listBytes + ")";
    S user = stream.user;
    owner.streamError(user, user == null, detail);
    if (connection.options.malformedEndsConnection()) {
      connection.fail(Http2Error.PROTOCOL_ERROR, detail);
    } else if (server && !stream.headSeen) {
      stream.resetAtEnd = true;
      int _ = connection.writeHeaders(stream, connection.fields().add(STATUS, TOO_LARGE), true);
    } else if (!stream.closing) {
      connection.sendReset(stream, Http2Error.PROTOCOL_ERROR);
    }
  }

  @Override
  public void data(int streamId, ByteBuf in, int length, int padding, boolean end)
      throws FrameException {
    FrameStream<S> stream = streams.get(streamId);
    if (stream == null || stream.resetSent || streams.unserved(streamId)) {
      if (!streams.unserved(streamId)) {
        existed(streamId, "DATA");
      }
      if (connection.receiving.passedOver(length + padding)) {
        connection.queue();
      }
      if (stream == null && !streams.ignores(streamId) && !streams.unserved(streamId)) {
        throw over(streamId, "DATA");
      }
      return;
    }
    connection.receiving.came(stream, length + padding);
    if (stream.remoteEnd) {
      throw over(streamId, "DATA");
    }
    guard.data(length, end);
    if (!stream.headSeen) {
      throw malformed(streamId, "Received DATA frame before the head");
    }
    count(stream, length, end);
    stream.remoteEnd = end;
    S user = stream.user;
    int credit = padding + (user == null ? length : owner.data(user, in, length, end));
    if (stream.id == streamId) {
      connection.consumed(stream, credit);
    }
    ended(stream, streamId, end);
  }

  /** The body shall be as long as the head has said (RFC 9113, 8.1.1). */
  private void count(FrameStream<S> stream, int bytes, boolean end) throws FrameException {
    long expected = stream.expected;
    if (expected < 0) {
      return;
    }
    stream.came += bytes;
    // The answer to a HEAD has none.
    boolean tooShort = end && stream.came < expected && (server || stream.came > 0);
    if (stream.came > expected || tooShort) {
      throw malformed(
          stream.id,
          "Received amount of data "
              + stream.came
              + " does not match content-length header "
              + expected);
    }
  }

  private void ended(FrameStream<S> stream, int streamId, boolean end) {
    if (end && stream.id == streamId && stream.localEnd && !stream.closing) {
      connection.close(stream);
    }
  }

  @Override
  public void reset(int streamId, long code) throws FrameException {
    FrameStream<S> stream = streams.get(streamId);
    if (stream == null) {
      existed(streamId, "RST_STREAM");
      return;
    }
    guard.reset();
    S user = stream.user;
    if (user != null) {
      owner.control(user, connection.frameBytes());
    }
    owner.reset(user, code);
    connection.close(stream);
  }

  @Override
  public void windowUpdate(int streamId, int increment) throws FrameException {
    SendFlow<S> sending = connection.sending;
    if (streamId == 0) {
      guard.windowUpdate();
      boolean before = sending.connectionOpen();
      sending.credit(increment);
      connection.queue();
      if (!before && sending.connectionOpen()) {
        connection.writabilityOfAll();
      }
      return;
    }
    FrameStream<S> stream = streams.get(streamId);
    if (stream == null) {
      existed(streamId, "WINDOW_UPDATE");
      return;
    }
    guard.windowUpdate();
    S user = stream.user;
    if (user != null) {
      owner.control(user, connection.frameBytes());
    }
    sending.credit(stream, increment);
    connection.queue();
    if (user != null) {
      owner.writabilityChanged(user);
    }
  }

  @Override
  public void priority(int streamId) throws FrameException {
    guard.priority();
  }

  @Override
  public void streamFailed(FrameException failure) {
    int streamId = failure.streamId();
    FrameStream<S> stream = streams.get(streamId);
    connection.worker.stats().increment(connection.stats.rxMessagingError);
    S user = stream == null ? null : stream.user;
    boolean head = stream == null ? failure.error() == Http2Error.REFUSED_STREAM : user == null;
    owner.streamError(user, head, failure.detail());
    if (connection.options.malformedEndsConnection()
        && failure.error() == Http2Error.PROTOCOL_ERROR) {
      connection.fail(failure.error(), failure.detail());
    } else if (usual(stream, failure.error()) || connection.provoked()) {
      if (stream != null && !stream.closing) {
        connection.sendReset(stream, failure.error());
      } else {
        streams.wasReset(streamId);
        connection.writer.reset(streamId, failure.error());
        connection.answered();
      }
    }
  }

  /** What may be on its way to a stream that is over, or comes before our limits are known. */
  private boolean usual(@Nullable FrameStream<S> stream, Http2Error error) {
    return stream == null
        && (error == Http2Error.STREAM_CLOSED || error == Http2Error.REFUSED_STREAM);
  }

  // --- the connection ---

  @Override
  public void setting(int id, long value) throws FrameException {
    switch (id) {
      case Frame.HEADER_TABLE_SIZE -> connection.encoder.tableBytes(value);
      case Frame.ENABLE_PUSH -> {
        if (value > (server ? 1 : 0)) {
          throw broken("Setting ENABLE_PUSH is invalid: " + value);
        }
      }
      case Frame.MAX_CONCURRENT_STREAMS -> streams.peerMax(value);
      case Frame.INITIAL_WINDOW_SIZE -> {
        if (value > Integer.MAX_VALUE) {
          throw FrameException.connection(
              Http2Error.FLOW_CONTROL_ERROR, "Setting INITIAL_WINDOW_SIZE is invalid: " + value);
        }
        connection.sending.initialWindow((int) value, streams.all());
      }
      case Frame.MAX_FRAME_SIZE -> {
        if (value < Frame.LONGEST || value > LARGEST_FRAME) {
          throw broken("Setting MAX_FRAME_SIZE is invalid: " + value);
        }
        connection.sending.maxFrame((int) value);
      }
      case Frame.MAX_HEADER_LIST_SIZE -> connection.encoder.listLimit(value);
      case Frame.ENABLE_CONNECT_PROTOCOL -> {
        if (value > 1) {
          throw broken("Setting ENABLE_CONNECT_PROTOCOL is invalid: " + value);
        }
        extendedConnect = value == 1;
      }
      // Whatever it is, it is to be ignored (RFC 9113, 6.5.2).
      default -> {}
    }
  }

  @Override
  public void settingsEnd() {
    Boolean told = extendedConnect;
    extendedConnect = null;
    connection.writer.settingsAcknowledged();
    connection.answered();
    if (!connection.failed()) {
      var _ = connection.sending.sendWaiting();
      connection.queue();
      connection.writabilityOfAll();
    }
    owner.settings(told);
  }

  /** The peer knows what we have announced. */
  @Override
  public void settingsAcknowledged() {
    connection.receiving.acknowledged(streams.all());
    try {
      decoder.configuration().maxHeaderTableSize(connection.options.hpackTableSize());
    } catch (Http2Exception failure) {
      connection.fail(failure.error(), String.valueOf(failure.getMessage()));
    }
  }

  @Override
  public void ping(boolean answer, long data) {
    if (answer) {
      connection.pong();
    } else {
      connection.writer.ping(true, data);
      connection.answered();
    }
  }

  @Override
  public void goAway(int last, long code) throws FrameException {
    if (!streams.goAwayReceived(last)) {
      throw broken("lastStreamId MUST NOT increase");
    }
    if (!server) {
      for (FrameStream<S> each : streams.all()) {
        if (each.id > last) {
          connection.close(each);
        }
      }
    }
  }
}
