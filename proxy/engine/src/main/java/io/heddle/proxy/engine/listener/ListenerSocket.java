package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.InheritedSockets.Inherited;
import io.heddle.proxy.engine.OpenSocket;
import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.Admission;
import io.heddle.xds.model.ListenerConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening socket. It lives on one loop, which hands each connection on; the configuration under
 * which new ones come is swapped by one write.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class ListenerSocket {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerSocket.class);

  private final ListenerConfig bound;
  private final @Nullable ServerSocketChannel channel;
  private volatile @Nullable ActiveListener listener;

  private ListenerSocket(ListenerConfig bound, @Nullable ServerSocketChannel channel) {
    this.bound = bound;
    this.channel = channel;
  }

  static ListenerSocket unbound(ListenerConfig config) {
    return new ListenerSocket(config, null);
  }

  /**
   * Binds, or takes the place of the process before with its descriptor.
   *
   * @param accepting whether connections are taken at once, and not only after {@link #accept}
   */
  static CompletableFuture<ListenerSocket> bind(
      ListenerConfig config,
      Sockets sockets,
      Worker acceptor,
      ByteBufAllocator allocator,
      Optional<Inherited> inherited,
      boolean accepting,
      Admission admission) {
    CompletableFuture<ListenerSocket> result = new CompletableFuture<>();
    ServerSocketChannel channel =
        inherited
            .<ServerSocketChannel>map(socket -> new EpollServerSocketChannel(socket.descriptor()))
            .orElseGet(sockets.servers());
    ListenerSocket socket = new ListenerSocket(config, channel);
    if (inherited.isEmpty()) {
      channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
      channel.config().setOption(Listeners.backlogOption(), Listeners.backlog(config));
    }
    channel.config().setAutoRead(accepting);
    channel.config().setAllocator(allocator);
    // Each accepted connection is handed on before the next is taken.
    channel
        .config()
        .setRecvByteBufAllocator(new FixedRecvByteBufAllocator(64).maxMessagesPerRead(8));
    channel.pipeline().addLast(socket.new Acceptor(allocator, admission.door(config.name())));
    acceptor
        .loop()
        .register(channel)
        .addListener(registered -> {
          if (!registered.isSuccess()) {
            result.completeExceptionally(registered.cause());
            return;
          }
          if (inherited.isPresent()) {
            result.complete(socket);
            return;
          }
          InetSocketAddress address;
          try {
            address = io.heddle.proxy.engine.cluster.Literals.address(config.address());
          } catch (IllegalArgumentException notAddress) {
            channel.close();
            result.completeExceptionally(notAddress);
            return;
          }
          channel
              .bind(address)
              .addListener(done -> {
                if (done.isSuccess()) {
                  result.complete(socket);
                } else {
                  channel.close();
                  result.completeExceptionally(done.cause());
                }
              });
        });
    return result;
  }

  static String reason(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return String.valueOf(cause.getMessage());
  }

  void listener(ActiveListener next) {
    listener = next;
  }

  /** Whether the socket can go on under this configuration. */
  boolean fits(ListenerConfig config) {
    return channel != null
        && config.bindToPort()
        && config.address().equals(bound.address())
        && config.tcpBacklogSize() == bound.tcpBacklogSize()
        && config.reusePort() == bound.reusePort();
  }

  boolean sameAddress(ListenerConfig config) {
    return channel != null
        && config.bindToPort()
        && config.address().equals(bound.address())
        && config.address().port() != 0;
  }

  Optional<InetSocketAddress> address() {
    ServerSocketChannel open = channel;
    return open == null ? Optional.empty() : Optional.ofNullable(open.localAddress());
  }

  /** Takes connections from now on, or leaves them to another process with the same socket. */
  void accept(boolean accepting) {
    ServerSocketChannel open = channel;
    if (open != null) {
      open.config().setAutoRead(accepting);
    }
  }

  /** As another process must know it; empty where the transport has no descriptors to give. */
  Optional<OpenSocket> open() {
    return channel instanceof EpollServerSocketChannel epoll
            && epoll.isActive()
            && epoll.localAddress() != null
        ? Optional.of(
            new OpenSocket(
                bound.name(), bound.address().toString(), String.valueOf(epoll.localAddress())))
        : Optional.empty();
  }

  /** Shows the descriptor, which stays ours; false where there is none any more. */
  boolean lend(IntConsumer use) {
    if (channel instanceof EpollServerSocketChannel epoll && epoll.isActive()) {
      use.accept(epoll.fd().intValue());
      return true;
    }
    return false;
  }

  CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    ServerSocketChannel open = channel;
    if (open == null) {
      closed.complete(null);
    } else {
      open.close().addListener(_ -> closed.complete(null));
    }
    return closed;
  }

  /** Takes what the socket accepts. */
  private final class Acceptor extends ChannelInboundHandlerAdapter {
    private final ByteBufAllocator allocator;
    private final Admission.Door door;

    Acceptor(ByteBufAllocator allocator, Admission.Door door) {
      this.door = door;
      this.allocator = allocator;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      Channel accepted = (Channel) message;
      accepted.config().setAllocator(allocator);
      accepted
          .config()
          .setRecvByteBufAllocator(io.heddle.proxy.engine.loop.ReadBuffers.newAllocator());
      ActiveListener now = listener;
      if (now == null || !door.admits(accepted)) {
        accepted.unsafe().closeForcibly();
      } else {
        now.accept(accepted);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.warn("Accepting on {} failed: {}", bound.address(), cause.getMessage());
    }
  }
}
