package io.heddle.proxy.engine.cluster;

/** The connections of one event loop to one host. Owned by the loop. */
interface HostPool {
  /** Gives the stream a connection, at once or later, or tells it why there is none. */
  void acquire(UpstreamStream stream, Priority priority);

  /** Withdraws a stream that waits; nothing is called on it any more. */
  void cancel(UpstreamStream stream);

  /** Ends the connections that nobody uses, now or when their last stream has ended. */
  void closeIdle();
}
