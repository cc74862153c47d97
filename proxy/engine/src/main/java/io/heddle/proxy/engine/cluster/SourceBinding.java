package io.heddle.proxy.engine.cluster;

import io.heddle.xds.model.BindConfig;
import io.heddle.xds.model.BindConfig.SocketOption;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollChannelConfig;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Binds upstream connections to an address of ours, and sets options on their sockets, right before
 * they connect. What the system refuses fails the connection, as if the host had not answered.
 * Immutable; shared by all connections of a configuration.
 */
@ChannelHandler.Sharable
public final class SourceBinding extends ChannelOutboundHandlerAdapter {
  private final List<InetSocketAddress> sources = new ArrayList<>();
  private final List<SocketOption> options;

  /** As configured. */
  public SourceBinding(BindConfig config) {
    config
        .sources()
        .forEach(source -> sources.add(Literals.address(source.address(), source.port())));
    options = config.options();
  }

  @Override
  public void connect(
      ChannelHandlerContext ctx,
      SocketAddress remote,
      @Nullable SocketAddress local,
      ChannelPromise promise) {
    ctx.pipeline().remove(this);
    try {
      prepare(ctx);
    } catch (RuntimeException refused) {
      promise.setFailure(refused);
      return;
    }
    SocketAddress from =
        local == null && remote instanceof InetSocketAddress to ? source(to.getAddress()) : local;
    var _ = ctx.connect(remote, from, promise);
  }

  private void prepare(ChannelHandlerContext ctx) {
    if (ctx.channel() instanceof EpollSocketChannel epoll) {
      // So that as many ports may be used as hosts allow, and not as one address has.
      epoll.config().setOption(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
      options.forEach(option -> set(epoll.config(), option));
    } else if (!options.isEmpty()) {
      throw new UnsupportedOperationException("socket options need epoll");
    }
  }

  private static void set(EpollChannelConfig config, SocketOption option) {
    ByteBuffer value = ByteBuffer.allocateDirect(option.value().size());
    option.value().copyTo(value);
    config.setOption(
        new RawUnixChannelOption(
            "level " + option.level() + " name " + option.name(),
            option.level(),
            option.name(),
            value.capacity()),
        value.flip());
  }

  /** The first of the host's family; the first at all where there is none, as in Envoy. */
  private @Nullable InetSocketAddress source(@Nullable InetAddress host) {
    for (InetSocketAddress source : sources) {
      if (host != null && source.getAddress().getClass() == host.getClass()) {
        return source;
      }
    }
    return sources.isEmpty() ? null : sources.getFirst();
  }
}
