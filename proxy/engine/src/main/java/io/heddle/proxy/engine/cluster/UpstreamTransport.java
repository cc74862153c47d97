package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.tls.FileWatch;
import io.heddle.proxy.engine.tls.Secrets;
import io.heddle.xds.model.ClusterConfig;
import io.netty.channel.socket.SocketChannel;
import java.util.function.Function;

/**
 * What connections of all clusters are made with. Safe on every thread.
 *
 * @param channels gives one that is not yet connected, with its options set
 */
public record UpstreamTransport(
    Function<ClusterConfig, SocketChannel> channels, Secrets secrets, FileWatch files) {
  SocketChannel newChannel(ClusterConfig config) {
    return channels.apply(config);
  }
}
