package io.heddle.proxy.engine;

import io.heddle.proxy.engine.cluster.SourceBinding;
import io.heddle.proxy.engine.loop.ReadBuffers;
import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.xds.model.BindConfig;
import io.heddle.xds.model.ClusterConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import java.util.Optional;

/**
 * Makes the channels of connections to hosts. Immutable.
 *
 * @param bind what connections of clusters are bound to that do not say so themselves
 */
record UpstreamChannels(Sockets sockets, ByteBufAllocator allocator, Optional<BindConfig> bind) {
  private static final int MOST_WAITING = 128 << 10;

  /** A channel that is not connected yet, with its options set. */
  SocketChannel newChannel(ClusterConfig config) {
    SocketChannel channel = sockets.sockets().get();
    config.bind().or(() -> bind).ifPresent(to -> channel.pipeline().addLast(new SourceBinding(to)));
    int high = Math.clamp(config.perConnectionBufferLimitBytes(), 2 << 10, MOST_WAITING);
    channel.config().setAllocator(allocator);
    channel.config().setRecvByteBufAllocator(ReadBuffers.newAllocator());
    channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(high / 2, high));
    channel.config().setConnectTimeoutMillis(0);
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    ClusterConfig.TcpKeepalive keepalive = config.tcpKeepalive();
    if (keepalive.enabled()) {
      channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
      if (channel instanceof EpollSocketChannel) {
        if (keepalive.probes() > 0) {
          channel.config().setOption(EpollChannelOption.TCP_KEEPCNT, keepalive.probes());
        }
        if (keepalive.timeSeconds() > 0) {
          channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, keepalive.timeSeconds());
        }
        if (keepalive.intervalSeconds() > 0) {
          channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, keepalive.intervalSeconds());
        }
      }
    }
    return channel;
  }
}
