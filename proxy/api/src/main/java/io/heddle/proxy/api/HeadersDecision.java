package io.heddle.proxy.api;

/** What a filter wants done after it has seen the headers of a request or a response. */
public sealed interface HeadersDecision {
  /** The next filter is called. */
  HeadersDecision CONTINUE = Continue.CONTINUE;

  /** Goes on to the next filter. */
  enum Continue implements HeadersDecision {
    /** The only one. */
    CONTINUE
  }

  /**
   * Holds this direction of the exchange until the filter calls {@link FilterDirection#resume};
   * what is done with data meanwhile is said by {@code body}.
   */
  record Suspend(BodyWhileSuspended body) implements HeadersDecision {}

  /** Ends the exchange with this reply; no later filter of the direction sees the message. */
  record Reply(LocalReply reply) implements HeadersDecision {}
}
