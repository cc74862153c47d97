package io.heddle.proxy.engine.loop;

import io.heddle.proxy.engine.stats.LoopThread;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The operating system's sockets, one of three ways. Immutable. */
public record Sockets(
    String name,
    IoHandlerFactory handlers,
    Supplier<? extends SocketChannel> sockets,
    Supplier<? extends ServerSocketChannel> servers,
    Supplier<? extends DatagramChannel> datagrams) {

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
        EpollDatagramChannel::new);
  }

  /** Linux io_uring. */
  public static Sockets ioUring() {
    IoUring.ensureAvailability();
    return new Sockets(
        "io_uring",
        IoUringIoHandler.newFactory(),
        IoUringSocketChannel::new,
        IoUringServerSocketChannel::new,
        IoUringDatagramChannel::new);
  }

  /** The JDK's selector. */
  public static Sockets nio() {
    return new Sockets(
        "nio",
        NioIoHandler.newFactory(),
        NioSocketChannel::new,
        NioServerSocketChannel::new,
        NioDatagramChannel::new);
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
