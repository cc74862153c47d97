package io.heddle.proxy.engine.cluster;

import io.heddle.xds.model.ClusterConfig;
import io.netty.channel.socket.SocketChannel;

/** Makes the channels of upstream connections. Safe on every thread. */
@FunctionalInterface
public interface UpstreamTransport {
  /** A channel not yet connected, with its options set. */
  SocketChannel newChannel(ClusterConfig config);
}
