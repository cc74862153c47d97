package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import java.util.ArrayDeque;
import java.util.List;

/**
 * What may be sent (RFC 9113, 5.2): bodies go at once as far as the windows of the stream and the
 * connection and the socket's buffer allow; the rest waits with its stream, and streams that wait
 * take turns, a frame each. Trailers wait behind their body. Owned by the connection's loop.
 */
final class SendFlow<S> {
  /** Longer ones would only keep other streams waiting. */
  private static final int LONGEST_FRAME = 65_536;

  /** Who hears of ends. */
  interface Ends<S> {
    /** The last byte of a stream was written. */
    void localEnded(FrameStream<S> stream);

    /** Trailers' turn has come, behind the body. */
    void writeTrailers(FrameStream<S> stream, FieldList trailers);
  }

  private final FrameWriter writer;
  private final Ends<S> ends;
  private final ArrayDeque<FrameStream<S>> turns = new ArrayDeque<>();
  private int initialWindow = Frame.DEFAULT_WINDOW;
  private int maxFrame = Frame.LONGEST;
  private int window = Frame.DEFAULT_WINDOW;
  private long pending;

  SendFlow(FrameWriter writer, Ends<S> ends) {
    this.writer = writer;
    this.ends = ends;
  }

  /** What a new stream may be sent. */
  int initialWindow() {
    return initialWindow;
  }

  /** Payload that the peer takes in a frame. */
  void maxFrame(int bytes) {
    maxFrame = Math.min(bytes, LONGEST_FRAME);
  }

  /** Whether the connection's window has room beyond what waits. */
  boolean connectionOpen() {
    return window > pending;
  }

  /** The same of a stream's. */
  boolean open(FrameStream<?> stream) {
    return stream.sendWindow > stream.pendingBytes && connectionOpen();
  }

  // --- credit ---

  /** The connection's; what waits for it is sent. */
  void credit(int increment) throws FrameException {
    if (window > Integer.MAX_VALUE - increment) {
      throw FrameException.connection(
          Http2Error.FLOW_CONTROL_ERROR, "Window size overflow for stream: 0");
    }
    window += increment;
    sendWaiting();
  }

  /** A stream's. */
  void credit(FrameStream<S> stream, int increment) throws FrameException {
    if (stream.sendWindow > 0 && stream.sendWindow > Integer.MAX_VALUE - increment) {
      throw FrameException.stream(
          stream.id,
          Http2Error.FLOW_CONTROL_ERROR,
          "Window size overflow for stream: " + stream.id);
    }
    stream.sendWindow += increment;
    takesTurns(stream);
    sendWaiting();
  }

  /**
   * The initial one of all streams, of those that there are too. Nothing is sent by this: a peer
   * may count on the new size only from our acknowledgement on.
   */
  void initialWindow(int bytes, List<FrameStream<S>> streams) throws FrameException {
    int difference = bytes - initialWindow;
    initialWindow = bytes;
    for (FrameStream<S> each : streams) {
      long now = (long) each.sendWindow + difference;
      if (now > Integer.MAX_VALUE) {
        throw FrameException.connection(
            Http2Error.FLOW_CONTROL_ERROR, "Window size overflow for stream: " + each.id);
      }
      each.sendWindow = (int) now;
      takesTurns(each);
    }
  }

  private void takesTurns(FrameStream<S> stream) {
    if (!stream.queued && stream.waits() && stream.sendWindow > 0) {
      stream.queued = true;
      turns.add(stream);
    }
  }

  // --- bodies ---

  /** A piece of a body. Takes ownership. */
  void data(FrameStream<S> stream, ByteBuf data, boolean end) {
    stream.pendingEnd |= end;
    if (!stream.waits() && sent(stream, data)) {
      return;
    }
    if (!data.isReadable()) {
      data.release();
      return;
    }
    stream.pending.add(data);
    stream.pendingBytes += data.readableBytes();
    pending += data.readableBytes();
    takesTurns(stream);
  }

  /** Sends what may be sent of a body before which nothing waits; whether that is all of it. */
  private boolean sent(FrameStream<S> stream, ByteBuf data) {
    while (true) {
      int left = data.readableBytes();
      int n = allowed(stream, left);
      if (n < left && n <= 0) {
        return false;
      }
      stream.sendWindow -= n;
      window -= n;
      if (n == left) {
        last(stream, data);
        return true;
      }
      writer.data(stream.id, data.readRetainedSlice(n), false);
    }
  }

  private int allowed(FrameStream<S> stream, int bytes) {
    if (bytes == 0 || writer.room() <= 0) {
      return 0;
    }
    return Math.min(Math.min(bytes, maxFrame), Math.min(stream.sendWindow, window));
  }

  /** Sends the end of a buffer behind which nothing waits but, maybe, the end of the stream. */
  private void last(FrameStream<S> stream, ByteBuf data) {
    writer.data(stream.id, data, stream.pendingEnd);
    if (stream.pendingEnd) {
      ends.localEnded(stream);
    }
  }

  /** Trailers that have to wait for their body. */
  void trailers(FrameStream<S> stream, FieldList trailers) {
    stream.pendingTrailers = trailers;
  }

  /** Sends what waits, as far as is allowed; whether anything was. */
  boolean sendWaiting() {
    boolean any = false;
    while (window > 0 && !turns.isEmpty() && writer.room() > 0) {
      FrameStream<S> stream = turns.removeFirst();
      stream.queued = false;
      turn(stream);
      any = true;
    }
    return any;
  }

  private void turn(FrameStream<S> stream) {
    ByteBuf first = stream.pending.peekFirst();
    if (first == null) {
      return;
    }
    int left = first.readableBytes();
    int n = allowed(stream, left);
    if (n <= 0) {
      return;
    }
    stream.sendWindow -= n;
    window -= n;
    stream.pendingBytes -= n;
    pending -= n;
    if (n < left) {
      writer.data(stream.id, first.readRetainedSlice(n), false);
      takesTurns(stream);
      return;
    }
    stream.pending.removeFirst();
    if (stream.waits()) {
      writer.data(stream.id, first, false);
      takesTurns(stream);
      return;
    }
    FieldList trailers = stream.pendingTrailers;
    last(stream, first);
    if (trailers != null) {
      stream.pendingTrailers = null;
      ends.writeTrailers(stream, trailers);
    }
  }

  /** Nothing that waits on a stream is sent any more. */
  void drop(FrameStream<S> stream) {
    if (stream.queued) {
      stream.queued = false;
      turns.remove(stream);
    }
    pending -= stream.pendingBytes;
    stream.pendingBytes = 0;
    stream.pendingTrailers = null;
    for (ByteBuf data = stream.pending.poll(); data != null; data = stream.pending.poll()) {
      data.release();
    }
  }
}
