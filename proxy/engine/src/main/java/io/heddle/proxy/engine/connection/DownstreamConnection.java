package io.heddle.proxy.engine.connection;

/** A client's connection, as a drain sees it. On its loop. */
public interface DownstreamConnection {
  /** Ends as soon as nothing is under way. */
  void drain();

  /** Ends at once. */
  void closeNow();
}
