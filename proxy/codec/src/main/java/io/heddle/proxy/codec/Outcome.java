package io.heddle.proxy.codec;

/** What a parser found. Feed it until it says {@link #NEED_MORE}. */
public enum Outcome {
  /** All bytes given are consumed and the message goes on; come again with more. */
  NEED_MORE,
  /** A head is whole; take it. */
  HEAD,
  /**
   * The next {@code dataLength()} readable bytes are body. The caller takes them off the buffer,
   * without a copy if it likes ({@code readRetainedSlice}), before it calls the parser again.
   */
  DATA,
  /** Trailers are whole; take them. {@link #END} follows. */
  TRAILERS,
  /** The message is whole. The next call begins the next message. */
  END,
  /** The peer broke a rule; see {@code violation()}. The connection cannot be used any further. */
  ERROR
}
