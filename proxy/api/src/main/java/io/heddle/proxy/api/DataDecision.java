package io.heddle.proxy.api;

/** What a filter wants done with a piece of body it was shown. */
public enum DataDecision {
  /**
   * Passes on what was buffered by this filter, then this piece (as the filter may have changed
   * it), and the headers if they were held.
   */
  CONTINUE,
  /**
   * Appends the piece to this filter's buffer and holds it. Over the limit of {@link
   * FilterDirection#bufferLimit} the engine replies 413 (request) or 500 (response headers not
   * sent) or resets (they are).
   */
  BUFFER,
  /**
   * The piece goes nowhere by itself: the filter has taken it ({@link
   * io.netty.buffer.ByteBuf#retain}) or drops it. What the filter wants sent it gives to {@link
   * FilterDirection#inject}.
   */
  CONSUME
}
