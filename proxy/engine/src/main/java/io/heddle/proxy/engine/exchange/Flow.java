package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A chain of stages with its two ends; an index is that of the stage to go to next. On the loop.
 */
interface Flow {
  /** Whether nothing may be called or passed on any more. */
  boolean over();

  /** The response's head, once it has come to this chain. */
  @Nullable ResponseHead responseHead();

  void requestHeaders(int index, boolean end);

  /** Takes ownership. */
  void requestData(int index, ByteBuf data, boolean end);

  void requestTrailers(int index, Trailers trailers);

  void responseHeaders(int index, boolean end);

  /** Takes ownership. */
  void responseData(int index, ByteBuf data, boolean end);

  void responseTrailers(int index, Trailers trailers);

  /** Whether the reader further on is slow. */
  boolean slow(boolean ofRequest);

  /** Stops what sends this direction, until {@link #enableRead}. */
  void disableRead(boolean ofRequest);

  void enableRead(boolean ofRequest);
}
