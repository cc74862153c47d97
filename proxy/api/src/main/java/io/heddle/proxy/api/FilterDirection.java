package io.heddle.proxy.api;

import io.netty.buffer.ByteBuf;
import java.util.Optional;

/** One direction of an exchange, request or response, as one filter of the chain holds it. */
public interface FilterDirection {
  /** Goes on after a suspension: headers, what is buffered, then what was paused. */
  void resume();

  /** Whether this filter holds this direction now. */
  boolean suspended();

  /**
   * What this filter has gathered with {@link DataDecision#BUFFER}; borrowed, empty where nothing
   * was. Changing it changes what is passed on.
   */
  Optional<ByteBuf> buffered();

  /**
   * Replaces what this filter has gathered. Takes ownership of {@code body}. A {@code
   * content-length} that has not been sent yet is corrected if the message's end has been seen,
   * else removed.
   */
  void replaceBuffered(ByteBuf body);

  /**
   * Sends bytes to the next filter in order, as if they had come now; for filters that answered
   * {@link DataDecision#CONSUME}. Takes ownership. Headers that are still held go first.
   *
   * @param endStream no more will follow, from whoever
   */
  void inject(ByteBuf data, boolean endStream);

  /** Bytes that this filter may hold, in this direction. */
  int bufferLimit();

  /** Changes the limit, 0 to 256 MiB; before the first data. */
  void bufferLimit(int bytes);

  /**
   * Asks the sender of this message to wait, until {@link #enableRead}; what is on its way still
   * comes. For filters that keep data of their own. Asked once however often it is called, and
   * taken back by the engine when the filter completes.
   */
  void disableRead();

  /** Lets the sender go on. */
  void enableRead();

  /** Whether the reader further on is slow: injected bytes would gather. */
  boolean aboveHighWatermark();
}
