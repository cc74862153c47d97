package io.heddle.proxy.engine.connection;

import io.heddle.proxy.engine.overload.HeaviestStreams;

/** A client's connection, as a drain sees it. On its loop. */
public interface DownstreamConnection {
  /**
   * Ends as soon as nothing is under way: the drain time is over, or the connection is old. Before
   * that, connections with requests ask {@link ConnectionGroup#closes} with each response.
   */
  void drain();

  /**
   * Makes the response that comes next, or is under way, the last; false where the protocol has
   * another way to tell of an end, which {@link #drain} goes.
   */
  default boolean endSoon() {
    return false;
  }

  /** Ends at once. */
  void closeNow();

  /** Shows its streams that are under way. */
  default void streams(HeaviestStreams to) {}

  /** Whether its bytes have no requests in them that a drain could wait for. */
  default boolean tunnel() {
    return false;
  }
}
