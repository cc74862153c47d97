package io.heddle.proxy.engine.cluster;

/**
 * The connections of one event loop to one host that are as good as each other. Owned by the loop.
 */
interface HostPool {
  /** Gives the stream a connection, at once or later, or tells it why there is none. */
  void acquire(UpstreamStream stream, Priority priority);

  /** Withdraws a stream that waits; nothing is called on it any more. */
  void cancel(UpstreamStream stream);

  /** Makes no connection for a later use: all end when they are idle. */
  void retire();

  /** Whether it has neither a connection nor a stream that waits for one. */
  boolean empty();

  /** Ends the connections that nobody uses, now or when their last stream has ended. */
  void closeIdle();
}
