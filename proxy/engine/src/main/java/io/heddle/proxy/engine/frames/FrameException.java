package io.heddle.proxy.engine.frames;

import io.netty.handler.codec.http2.Http2Error;

/** What the peer did against the protocol, on one stream or, with stream 0, on the connection. */
final class FrameException extends Exception {
  private static final long serialVersionUID = 1;

  private final int streamId;
  private final Http2Error error;

  private FrameException(int streamId, Http2Error error, String detail) {
    // Whoever sends such frames shall not have us write down where we were.
    super(detail, null, false, false);
    this.streamId = streamId;
    this.error = error;
  }

  static FrameException connection(Http2Error error, String detail) {
    return new FrameException(0, error, detail);
  }

  static FrameException stream(int streamId, Http2Error error, String detail) {
    return new FrameException(streamId, error, detail);
  }

  /** The stream; 0 is the connection. */
  int streamId() {
    return streamId;
  }

  /** What the peer is told. */
  Http2Error error() {
    return error;
  }

  /** What was wrong. */
  String detail() {
    return String.valueOf(getMessage());
  }
}
