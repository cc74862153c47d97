package io.heddle.proxy.engine.frames;

import io.netty.handler.codec.http2.Http2Error;

/**
 * What the peer may send (RFC 9113, 5.2): windows of the connection and of its streams, and the
 * credit that is given back when half of a window is used up. Owned by the connection's loop.
 */
final class ReceiveFlow {
  private final FrameWriter writer;
  private final int connectionWindow;
  private final int announced;
  private int streamWindow;
  private int window = Frame.DEFAULT_WINDOW;
  private int credit;

  /** With windows of so many bytes. */
  ReceiveFlow(FrameWriter writer, int connectionWindow, int streamWindow) {
    this.writer = writer;
    this.connectionWindow = Math.max(connectionWindow, Frame.DEFAULT_WINDOW);
    this.announced = streamWindow;
    // The peer may not know of a smaller one yet.
    this.streamWindow = Math.max(streamWindow, Frame.DEFAULT_WINDOW);
  }

  /** The connection begins with a window that only an update makes larger. */
  void begin() {
    int more = connectionWindow - window;
    if (more > 0) {
      writer.windowUpdate(0, more);
      window = connectionWindow;
    }
  }

  /** What a new stream may be sent. */
  int streamWindow() {
    return streamWindow;
  }

  /** The peer knows what we have announced. */
  void acknowledged(Iterable<? extends FrameStream<?>> streams) {
    int difference = announced - streamWindow;
    if (difference != 0) {
      streamWindow = announced;
      for (FrameStream<?> each : streams) {
        each.receiveWindow += difference;
      }
    }
  }

  private void came(int bytes) throws FrameException {
    window -= bytes;
    if (window < 0) {
      throw FrameException.connection(
          Http2Error.FLOW_CONTROL_ERROR, "Flow control window exceeded for stream: 0");
    }
  }

  /** So many bytes have come on a stream, and are used up by nobody yet. */
  void came(FrameStream<?> stream, int bytes) throws FrameException {
    came(bytes);
    stream.receiveWindow -= bytes;
    stream.unconsumed += bytes;
    if (stream.receiveWindow < 0) {
      throw FrameException.stream(
          stream.id,
          Http2Error.FLOW_CONTROL_ERROR,
          "Flow control window exceeded for stream: " + stream.id);
    }
  }

  /** So many have come on a stream that is none; whether an update was written. */
  boolean passedOver(int bytes) throws FrameException {
    came(bytes);
    return giveBack(bytes);
  }

  /** So many of a stream were used up; whether an update was written. */
  boolean consumed(FrameStream<?> stream, int bytes) {
    int n = Math.min(bytes, stream.unconsumed);
    if (n <= 0) {
      return false;
    }
    stream.unconsumed -= n;
    stream.credit += n;
    boolean wrote = false;
    if (stream.credit >= half(announced) && !stream.remoteEnd && !stream.closing) {
      writer.windowUpdate(stream.id, stream.credit);
      stream.receiveWindow += stream.credit;
      stream.credit = 0;
      wrote = true;
    }
    return giveBack(n) || wrote;
  }

  /** A stream is over, and what it has had is room again; whether an update was written. */
  boolean ended(FrameStream<?> stream) {
    int n = stream.unconsumed;
    stream.unconsumed = 0;
    return n > 0 && giveBack(n);
  }

  private boolean giveBack(int bytes) {
    credit += bytes;
    if (credit < half(connectionWindow)) {
      return false;
    }
    writer.windowUpdate(0, credit);
    window += credit;
    credit = 0;
    return true;
  }

  private static int half(int window) {
    return Math.max(1, window / 2);
  }
}
