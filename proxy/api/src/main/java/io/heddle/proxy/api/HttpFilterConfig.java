package io.heddle.proxy.api;

import java.util.EnumSet;

/**
 * One entry of a filter chain, parsed: makes the filter of each exchange. Immutable, shared by all
 * event loops.
 */
public interface HttpFilterConfig {
  /** The filter of one exchange. Cheap: called on the hot path. */
  HttpFilter newFilter(HttpFilterContext context);

  /**
   * The callbacks that this filter needs beside {@code onComplete}; the engine spends nothing on
   * the others. The default is all.
   */
  default EnumSet<Callback> callbacks() {
    return EnumSet.allOf(Callback.class);
  }

  /** Frees what the configuration holds, when no exchange uses it any more. */
  default void close() {}

  /** A callback, or a group, of {@link HttpFilter}. */
  enum Callback {
    /** {@link HttpFilter#onRequestHeaders}. */
    REQUEST_HEADERS,
    /** {@link HttpFilter#onRequestData} and {@link HttpFilter#onRequestTrailers}. */
    REQUEST_BODY,
    /** {@link HttpFilter#onResponseHeaders} and {@link HttpFilter#onInformational}. */
    RESPONSE_HEADERS,
    /** {@link HttpFilter#onResponseData} and {@link HttpFilter#onResponseTrailers}. */
    RESPONSE_BODY,
    /** {@link HttpFilter#onLocalReply}. */
    LOCAL_REPLY,
    /** {@link HttpFilter#onReset} and {@link HttpFilter#onComplete}. */
    END
  }
}
