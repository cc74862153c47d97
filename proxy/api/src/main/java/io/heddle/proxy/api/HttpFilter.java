package io.heddle.proxy.api;

import io.netty.buffer.ByteBuf;

/**
 * Sees one exchange: a request and its response. A new one is made for each exchange by {@link
 * HttpFilterConfig#newFilter}.
 *
 * <p>Request callbacks run in the order of configuration, response callbacks in the reverse. Order
 * within a direction: headers, data any number of times, trailers at most once. {@link #onComplete}
 * is always called, exactly once and last, also after {@link #onReset}; nothing is called after it.
 *
 * <p>All callbacks run on the exchange's event loop and must not block. An exception thrown from a
 * callback ends this exchange with a 500 (or a reset), never the connection of another.
 */
public interface HttpFilter {
  /** The request's headers; {@code endStream} when no body and no trailers follow. */
  default HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    return HeadersDecision.CONTINUE;
  }

  /** A piece of the request's body, borrowed; the filter may change it in place. */
  default DataDecision onRequestData(ByteBuf data, boolean endStream) {
    return DataDecision.CONTINUE;
  }

  /** The request's trailers. */
  default TrailersDecision onRequestTrailers(HeaderMap trailers) {
    return TrailersDecision.CONTINUE;
  }

  /** An interim response, 100 to 199; passed on whatever the filter does. */
  default void onInformational(ResponseHeaders headers) {}

  /** The response's headers, from the upstream or from a local reply. */
  default HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    return HeadersDecision.CONTINUE;
  }

  /** A piece of the response's body, borrowed; the filter may change it in place. */
  default DataDecision onResponseData(ByteBuf data, boolean endStream) {
    return DataDecision.CONTINUE;
  }

  /** The response's trailers. */
  default TrailersDecision onResponseTrailers(HeaderMap trailers) {
    return TrailersDecision.CONTINUE;
  }

  /**
   * The proxy, or another filter, is about to reply by itself. Called on every filter that has seen
   * the request's headers, before the response callbacks; returns the reply to send, changed or
   * not.
   */
  default LocalReply onLocalReply(LocalReply reply) {
    return reply;
  }

  /** The exchange ended before its response was whole. What is suspended will not be resumed. */
  default void onReset(ResetReason reason) {}

  /** The last call. Release what was taken. The access log is written after it. */
  default void onComplete(StreamInfo info) {}
}
