package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.proxy.engine.loop.ReadBuffers;
import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.proxy.engine.tls.FileWatch;
import io.heddle.proxy.engine.tls.Secrets;
import io.heddle.xds.model.BindConfig;
import io.heddle.xds.model.ClusterConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;

/**
 * What connections of all clusters are made with. Safe on every thread.
 *
 * @param bind of clusters that say nothing of their own
 */
public record UpstreamTransport(
    Sockets sockets,
    ByteBufAllocator allocator,
    Optional<BindConfig> bind,
    Secrets secrets,
    FileWatch files) {
  private static final int MOST_WAITING = 128 << 10;

  /** A channel to this host, not yet connected, with its options set. */
  DuplexChannel newChannel(ClusterConfig config, InetSocketAddress host) {
    boolean pipe = Addresses.isPipe(host);
    DuplexChannel channel = pipe ? sockets.pipes().sockets().get() : sockets.sockets().get();
    int high = Math.clamp(config.perConnectionBufferLimitBytes(), 2 << 10, MOST_WAITING);
    channel.config().setAllocator(allocator);
    channel.config().setRecvByteBufAllocator(ReadBuffers.newAllocator());
    channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(high / 2, high));
    channel.config().setConnectTimeoutMillis(0);
    if (!pipe) {
      config
          .bind()
          .or(() -> bind)
          .ifPresent(own -> channel.pipeline().addLast(new SourceBinding(own)));
      channel.config().setOption(ChannelOption.TCP_NODELAY, true);
      keepAlive(channel, config.tcpKeepalive());
    }
    return channel;
  }

  /** As this channel is connected to it. */
  SocketAddress address(InetSocketAddress host) {
    return Addresses.forChannel(host, sockets);
  }

  private static void keepAlive(DuplexChannel channel, ClusterConfig.TcpKeepalive keepalive) {
    if (!keepalive.enabled()) {
      return;
    }
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
}
