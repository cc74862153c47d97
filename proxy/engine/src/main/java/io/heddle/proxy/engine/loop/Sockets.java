package io.heddle.proxy.engine.loop;

import io.heddle.proxy.engine.stats.LoopThread;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The operating system's sockets, one of three ways. Immutable. */
public record Sockets(
    String name,
    IoHandlerFactory handlers,
    Supplier<? extends SocketChannel> sockets,
    Supplier<? extends ServerSocketChannel> servers,
    Supplier<? extends DatagramChannel> datagrams,
    Pipes pipes) {

  /**
   * Unix sockets.
   *
   * @param address of a path; where it begins with {@code @}, of an abstract name
   */
  public record Pipes(
      Supplier<? extends DuplexChannel> sockets,
      Supplier<? extends ServerChannel> servers,
      Function<String, SocketAddress> address) {}

  /** An address that the kernel knows: an abstract name begins with a byte of zero. */
  private static SocketAddress pipe(String path) {
    return new DomainSocketAddress(path.startsWith("@") ? "\0" + path.substring(1) : path);
  }

  private static SocketAddress jdkPipe(String path) {
    if (path.startsWith("@")) {
      throw new IllegalArgumentException(
          path + " (expected: a path, as the JDK has no abstract names; epoll has)");
    }
    return UnixDomainSocketAddress.of(path);
  }

  /** Linux epoll, if it works here. */
  public static boolean epollAvailable() {
    return Epoll.isAvailable();
  }

  /** Why Linux epoll does not work here; empty where it does. */
  public static Optional<String> epollUnavailability() {
    return reason(Epoll.unavailabilityCause());
  }

  /** Why Linux io_uring does not work here; empty where it does. */
  public static Optional<String> ioUringUnavailability() {
    return reason(IoUring.unavailabilityCause());
  }

  private static Optional<String> reason(@Nullable Throwable cause) {
    Throwable root = cause;
    while (root != null && root.getCause() != null) {
      root = root.getCause();
    }
    return root == null
        ? Optional.empty()
        : Optional.of(root.getMessage() == null ? root.toString() : root.getMessage());
  }

  /** Linux epoll. */
  public static Sockets epoll() {
    Epoll.ensureAvailability();
    return new Sockets(
        "epoll",
        KeptEpollHandler.newFactory(),
        EpollSocketChannel::new,
        EpollServerSocketChannel::new,
        EpollDatagramChannel::new,
        new Pipes(
            EpollDomainSocketChannel::new, EpollServerDomainSocketChannel::new, Sockets::pipe));
  }

  /** Linux io_uring. */
  public static Sockets ioUring() {
    IoUring.ensureAvailability();
    return new Sockets(
        "io_uring",
        IoUringIoHandler.newFactory(),
        IoUringSocketChannel::new,
        IoUringServerSocketChannel::new,
        IoUringDatagramChannel::new,
        new Pipes(
            IoUringDomainSocketChannel::new, IoUringServerDomainSocketChannel::new, Sockets::pipe));
  }

  /** The JDK's selector. */
  public static Sockets nio() {
    return new Sockets(
        "nio",
        NioIoHandler.newFactory(),
        NioSocketChannel::new,
        NioServerSocketChannel::new,
        NioDatagramChannel::new,
        new Pipes(
            NioDomainSocketChannel::new, NioServerDomainSocketChannel::new, Sockets::jdkPipe));
  }

  /** One loop on a thread that knows its statistics. */
  public EventLoopGroup loop(int index, StatsRegistry registry) {
    return new MultiThreadIoEventLoopGroup(
        1,
        task -> {
          LoopThread thread =
              new LoopThread(task, "heddle-loop-" + index, registry, registry.loop(index));
          thread.setDaemon(true);
          return thread;
        },
        handlers);
  }
}
