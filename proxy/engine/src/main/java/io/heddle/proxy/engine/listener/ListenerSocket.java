package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.InheritedSockets.Inherited;
import io.heddle.proxy.engine.OpenSocket;
import io.heddle.proxy.engine.cluster.Literals;
import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.Admission;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.SocketEndpoint;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.AbstractEpollServerChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listening sockets of one listener. They live on one loop, which hands each connection on; the
 * configuration under which new ones come is swapped by one write.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class ListenerSocket {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerSocket.class);

  private final ListenerConfig bound;
  private final List<Bound> channels;
  private volatile @Nullable ActiveListener listener;

  /** One of its addresses; none for a listener that is not bound. */
  private record Bound(SocketEndpoint configured, ServerChannel channel) {}

  private ListenerSocket(ListenerConfig bound, List<Bound> channels) {
    this.bound = bound;
    this.channels = List.copyOf(channels);
  }

  static ListenerSocket unbound(ListenerConfig config) {
    return new ListenerSocket(config, List.of());
  }

  /** All addresses of a listener, its own first. */
  static List<SocketEndpoint> addresses(ListenerConfig config) {
    List<SocketEndpoint> all = new ArrayList<>();
    all.add(config.address());
    all.addAll(config.sockets().additionalAddresses());
    return all;
  }

  /**
   * Binds to all addresses, or takes the place of the process before with its descriptors.
   *
   * @param inherited the descriptor for one of the addresses
   * @param accepting whether connections are taken at once, and not only after {@link #accept}
   */
  static CompletableFuture<ListenerSocket> bind(
      ListenerConfig config,
      Sockets sockets,
      Worker acceptor,
      ByteBufAllocator allocator,
      Function<SocketEndpoint, Optional<Inherited>> inherited,
      boolean accepting,
      Admission admission) {
    List<Bound> channels = new ArrayList<>();
    Map<SocketEndpoint, Inherited> taken = new HashMap<>();
    for (SocketEndpoint address : addresses(config)) {
      Optional<Inherited> before = inherited.apply(address);
      before.ifPresent(socket -> taken.put(address, socket));
      channels.add(new Bound(address, channel(address, sockets, before)));
    }
    ListenerSocket socket = new ListenerSocket(config, channels);
    Admission.Door door = admission.door(config.name());
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (Bound one : channels) {
      boolean open = taken.containsKey(one.configured());
      if (!open) {
        one.channel().config().setOption(ChannelOption.SO_REUSEADDR, true);
        one.channel().config().setOption(Listeners.backlogOption(), Listeners.backlog(config));
      }
      one.channel().config().setAutoRead(accepting);
      one.channel().config().setAllocator(allocator);
      // Each accepted connection is handed on before the next is taken.
      one.channel()
          .config()
          .setRecvByteBufAllocator(new FixedRecvByteBufAllocator(64).maxMessagesPerRead(8));
      one.channel().pipeline().addLast(socket.new Acceptor(allocator, door));
      all.add(open(one, open, config, sockets, acceptor));
    }
    CompletableFuture<ListenerSocket> result = new CompletableFuture<>();
    var _ =
        CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]))
            .whenComplete((_, failure) -> {
              if (failure == null) {
                result.complete(socket);
              } else {
                // All or none.
                var _ = socket.close().thenRun(() -> result.completeExceptionally(failure));
              }
            });
    return result;
  }

  private static ServerChannel channel(
      SocketEndpoint address, Sockets sockets, Optional<Inherited> inherited) {
    if (inherited.isPresent()) {
      int descriptor = inherited.get().descriptor();
      return address.isPipe()
          ? new EpollServerDomainSocketChannel(descriptor)
          : new EpollServerSocketChannel(descriptor);
    }
    return address.isPipe() ? sockets.pipes().servers().get() : sockets.servers().get();
  }

  private static CompletableFuture<Void> open(
      Bound one, boolean isOpen, ListenerConfig config, Sockets sockets, Worker acceptor) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    SocketAddress address;
    try {
      address =
          isOpen
              ? new InetSocketAddress(0)
              : Addresses.forChannel(Literals.address(one.configured()), sockets);
      if (!isOpen && one.configured().isPipe()) {
        PipeFile.makeWay(one.configured());
      }
    } catch (IllegalArgumentException | IOException impossible) {
      result.completeExceptionally(refused(one, impossible));
      return result;
    }
    acceptor
        .loop()
        .register(one.channel())
        .addListener(registered -> {
          if (!registered.isSuccess()) {
            result.completeExceptionally(refused(one, registered.cause()));
          } else if (isOpen) {
            result.complete(null);
          } else {
            one.channel()
                .bind(address)
                .addListener(done -> {
                  try {
                    if (done.isSuccess()) {
                      PipeFile.permit(one.configured(), config.sockets().pipeMode());
                      result.complete(null);
                    } else {
                      result.completeExceptionally(refused(one, done.cause()));
                    }
                  } catch (IOException notAllowed) {
                    result.completeExceptionally(refused(one, notAllowed));
                  }
                });
          }
        });
    return result;
  }

  private static BindException refused(Bound one, Throwable cause) {
    BindException refused = new BindException(one.configured() + ": " + cause.getMessage());
    refused.initCause(cause);
    return refused;
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
    return !channels.isEmpty()
        && config.bindToPort()
        && addresses(config).equals(addresses(bound))
        && config.sockets().pipeMode() == bound.sockets().pipeMode()
        && config.tcpBacklogSize() == bound.tcpBacklogSize()
        && config.reusePort() == bound.reusePort();
  }

  /** Whether both could not be bound at once. */
  boolean sameAddress(ListenerConfig config) {
    if (channels.isEmpty() || !config.bindToPort()) {
      return false;
    }
    List<SocketEndpoint> own = addresses(bound);
    return addresses(config).stream()
        .anyMatch(address -> (address.isPipe() || address.port() != 0) && own.contains(address));
  }

  /** Where its first address is bound. */
  Optional<InetSocketAddress> address() {
    return channels.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(Addresses.of(channels.getFirst().channel().localAddress()));
  }

  /** Takes connections from now on, or leaves them to another process with the same socket. */
  void accept(boolean accepting) {
    channels.forEach(one -> one.channel().config().setAutoRead(accepting));
  }

  /** As another process must know it; none where the transport has no descriptors to give. */
  List<OpenSocket> open() {
    List<OpenSocket> open = new ArrayList<>();
    for (Bound one : channels) {
      if (one.channel() instanceof AbstractEpollServerChannel epoll
          && epoll.isActive()
          && epoll.localAddress() != null) {
        open.add(told(one));
      }
    }
    return open;
  }

  private OpenSocket told(Bound one) {
    return new OpenSocket(
        bound.name(), one.configured().toString(), String.valueOf(one.channel().localAddress()));
  }

  /** Shows a descriptor, which stays ours; false where there is none any more. */
  boolean lend(OpenSocket socket, IntConsumer use) {
    for (Bound one : channels) {
      if (one.channel() instanceof AbstractEpollServerChannel epoll
          && epoll.isActive()
          && told(one).equals(socket)) {
        use.accept(epoll.fd().intValue());
        return true;
      }
    }
    return false;
  }

  CompletableFuture<Void> close() {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (Bound one : channels) {
      if (!one.channel().isRegistered()) {
        // It never came so far as to have a loop.
        one.channel().unsafe().closeForcibly();
        continue;
      }
      CompletableFuture<Void> closed = new CompletableFuture<>();
      one.channel().close().addListener(_ -> closed.complete(null));
      all.add(closed);
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
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
