package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;

/** Takes frames that are well-formed by themselves, in their order. */
interface FrameSink {
  /**
   * A piece of a body: the next {@code length} bytes of {@code in}. What is not read is passed
   * over.
   *
   * @param padding bytes that count against the windows and are no body
   */
  void data(int streamId, ByteBuf in, int length, int padding, boolean end) throws FrameException;

  /**
   * A whole block of HPACK, which is all of {@code block}.
   *
   * @param ofItself whether the stream is said to depend on itself
   */
  void fields(int streamId, ByteBuf block, boolean end, boolean ofItself) throws FrameException;

  void priority(int streamId) throws FrameException;

  void reset(int streamId, long code) throws FrameException;

  /** One value of a SETTINGS frame, whose end is {@link #settingsEnd}. */
  void setting(int id, long value) throws FrameException;

  void settingsEnd() throws FrameException;

  void settingsAcknowledged() throws FrameException;

  void ping(boolean answer, long data) throws FrameException;

  void goAway(int last, long code) throws FrameException;

  /** More credit, of the connection where the stream is 0. */
  void windowUpdate(int streamId, int increment) throws FrameException;

  /** A frame broke the protocol on one stream; what follows it is read. */
  void streamFailed(FrameException failure);
}
