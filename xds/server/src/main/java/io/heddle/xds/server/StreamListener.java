package io.heddle.xds.server;

/**
 * Is told what proxies do.
 *
 * <p>Called on the shards' threads, so several calls may run at once for different nodes, in order
 * for one node. An implementation must not block; what it throws is logged and changes nothing.
 */
public interface StreamListener {
  /** A stream's node became known. */
  default void connected(ProxyStream stream) {}

  /** A node accepted a response. */
  default void acknowledged(Acknowledgement acknowledgement) {}

  /** A culprit was isolated: called once for each node, resource and version. */
  default void rejected(Rejection rejection) {}

  /** A stream that was connected ended. */
  default void disconnected(ProxyStream stream) {}
}
