package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Who makes something of a connection's frames and streams. Called on the connection's loop.
 *
 * @param <S> what it has for a stream
 */
public interface FrameOwner<S> {
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
   * The peer broke the protocol on one stream, which is reset.
   *
   * @param of null where no message had begun on it
   * @param head whether it would have been one's head
   */
  void streamError(@Nullable S of, boolean head, String detail);

  /**
   * A list of fields has come, on a stream that is nobody's yet where {@code of} is null. The list
   * is good until this returns.
   */
  void headers(FrameStream<S> stream, @Nullable S of, FieldList fields, boolean end);

  /**
   * A piece of a body has come: the next {@code length} bytes of {@code data}; returns for how many
   * of them credit is due now.
   */
  int data(S of, ByteBuf data, int length, boolean end);

  /** The peer has reset a stream, which closes next. */
  void reset(@Nullable S of, long errorCode);

  /** A frame that is neither fields nor body has come on a stream; so many bytes. */
  void control(S of, int bytes);

  /** The peer has said what holds, and whether it takes an extended CONNECT where it says so. */
  default void settings(@Nullable Boolean extendedConnect) {}

  /** The peer takes bytes of a stream again, or has stopped to. */
  void writabilityChanged(S of);

  /** A stream is no more, and was the owner's until now. */
  void closed(FrameStream<S> stream, S of);
}
