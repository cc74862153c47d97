package io.heddle.proxy.app.upgrade;

import io.heddle.proxy.app.upgrade.UpgradeMessage.Bye;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Hello;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Ready;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Refused;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Stats;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Take;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Taken;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Welcome;
import io.heddle.proxy.engine.InheritedSockets;
import io.heddle.proxy.engine.OpenSocket;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The new process's side. Its methods wait for the old process, ten seconds at most, and are called
 * by one thread at a time.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class UpgradeClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UpgradeClient.class);
  private static final long ANSWER_SECONDS = 10;

  /** What comes after the old process has let go. Called on the client's own thread. */
  public interface Afterwards {
    /** The old process has counted this. */
    void counted(Stats stats);

    /** The old process is gone. */
    void alone();
  }

  /** What the old process said last, or did. */
  private sealed interface Heard {
    record Said(UpgradeMessage message) implements Heard {}

    record Gave(FileDescriptor descriptor) implements Heard {}

    enum Left implements Heard {
      LEFT
    }
  }

  private final EventLoopGroup group;
  private final EpollDomainSocketChannel channel;
  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final CompletableFuture<Afterwards> afterwards = new CompletableFuture<>();
  private @Nullable Welcome welcome;
  private volatile boolean handedOver;

  private UpgradeClient(EventLoopGroup group, EpollDomainSocketChannel channel) {
    this.group = group;
    this.channel = channel;
  }

  /**
   * Finds the running process.
   *
   * @return empty where none runs
   * @throws UpgradeException where one does and does not let itself be replaced
   */
  public static Optional<UpgradeClient> connect(UpgradeSocket socket, String build)
      throws UpgradeException {
    if (!Files.exists(socket.path())) {
      return Optional.empty();
    }
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            1,
            task -> {
              Thread thread = new Thread(task, "heddle-takeover");
              thread.setDaemon(true);
              return thread;
            },
            EpollIoHandler.newFactory());
    EpollDomainSocketChannel channel = new EpollDomainSocketChannel();
    UpgradeClient client = new UpgradeClient(group, channel);
    channel.pipeline().addLast(client.new Ear());
    CompletableFuture<Void> connected = new CompletableFuture<>();
    group
        .register(channel)
        .addListener(_ ->
            channel
                .connect(new DomainSocketAddress(socket.path().toFile()))
                .addListener(done -> {
                  if (done.isSuccess()) {
                    connected.complete(null);
                  } else {
                    connected.completeExceptionally(done.cause());
                  }
                }));
    try {
      connected.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException _) {
      // The file of a process that ended without an orderly end.
      client.close();
      return Optional.empty();
    } catch (TimeoutException e) {
      client.close();
      throw new UpgradeException(socket.path() + ": the running process does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      client.close();
      throw new UpgradeException("interrupted", e);
    }
    try {
      client.greet(socket, build);
      return Optional.of(client);
    } catch (UpgradeException e) {
      client.close();
      throw e;
    }
  }

  private void greet(UpgradeSocket socket, String build) throws UpgradeException {
    try {
      int uid = channel.peerCredentials().uid();
      if (uid != UpgradeSocket.uid()) {
        throw new UpgradeException(
            socket.path() + ": found user " + uid + ", expected " + UpgradeSocket.uid());
      }
    } catch (IOException e) {
      throw new UpgradeException(socket.path() + ": cannot tell who listens: " + e, e);
    }
    FrameHandler.send(
        channel,
        new Hello(
            UpgradeMessage.VERSION, UpgradeMessage.VERSION, ProcessHandle.current().pid(), build));
    welcome =
        switch (hear("its answer")) {
          case Heard.Said(Welcome answer) when answer.version() == UpgradeMessage.VERSION -> answer;
          case Heard.Said(Refused(String reason)) ->
              throw new UpgradeException("the running process refuses: " + reason);
          case Heard other -> throw unexpected(other, "a welcome");
        };
  }

  /** Who runs, and what it has. */
  public Welcome welcome() {
    Welcome known = welcome;
    if (known == null) {
      throw new IllegalStateException("not welcomed");
    }
    return known;
  }

  /** Takes a descriptor of every listening socket. They must not be accepted on yet. */
  public InheritedSockets take() throws UpgradeException {
    List<InheritedSockets.Inherited> taken = new ArrayList<>();
    boolean whole = false;
    channel.config().setReadMode(DomainSocketReadMode.FILE_DESCRIPTORS);
    try {
      List<OpenSocket> offered = welcome().sockets();
      for (int i = 0; i < offered.size(); i++) {
        FrameHandler.send(channel, new Take(i));
        switch (hear("socket " + i)) {
          case Heard.Gave(FileDescriptor descriptor) ->
              taken.add(new InheritedSockets.Inherited(offered.get(i), descriptor.intValue()));
          case Heard other -> throw unexpected(other, "the socket of " + offered.get(i));
        }
      }
      whole = true;
      return new InheritedSockets(taken);
    } finally {
      channel.config().setReadMode(DomainSocketReadMode.BYTES);
      if (!whole) {
        new InheritedSockets(taken).closeRest();
      }
    }
  }

  /**
   * Says that this process accepts, and waits until the old one does no more.
   *
   * @throws UpgradeException where the old one is gone before it could hear that, so that there is
   *     nothing to wait for
   */
  public void ready(Ready ready, Afterwards then) throws UpgradeException {
    FrameHandler.send(channel, ready);
    try {
      switch (hear("that it accepts no more")) {
        case Heard.Said(Taken _) -> {}
        case Heard other -> throw unexpected(other, "that it accepts no more");
      }
    } finally {
      handedOver = true;
      afterwards.complete(then);
    }
    channel.eventLoop().execute(this::drainHeard);
  }

  private void drainHeard() {
    Heard next = heard.poll();
    while (next != null) {
      later(next);
      next = heard.poll();
    }
  }

  private void later(Heard next) {
    Afterwards then = afterwards.getNow(NOBODY);
    switch (next) {
      case Heard.Said(Stats stats) -> then.counted(stats);
      case Heard.Said _ -> LOG.debug("Upgrade: something that is not expected any more");
      case Heard.Gave(FileDescriptor descriptor) -> FrameHandler.closeQuietly(descriptor);
      case Heard.Left _ -> then.alone();
    }
  }

  private static final Afterwards NOBODY =
      new Afterwards() {
        @Override
        public void counted(Stats stats) {}

        @Override
        public void alone() {}
      };

  private Heard hear(String what) throws UpgradeException {
    try {
      Heard next = heard.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        throw new UpgradeException(
            "the running process did not say " + what + " within " + ANSWER_SECONDS + " s");
      }
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UpgradeException("interrupted", e);
    }
  }

  private static UpgradeException unexpected(Heard heard, String expected) {
    return switch (heard) {
      case Heard.Said(UpgradeMessage message) ->
          new UpgradeException(
              "the running process: found "
                  + message.getClass().getSimpleName()
                  + ", expected "
                  + expected);
      case Heard.Gave(FileDescriptor descriptor) -> {
        FrameHandler.closeQuietly(descriptor);
        yield new UpgradeException("the running process: found a socket, expected " + expected);
      }
      case Heard.Left _ -> new UpgradeException("the running process is gone, before " + expected);
    };
  }

  /** Hears for the thread that waits, and, once that waits no more, for whoever comes after. */
  private final class Ear extends FrameHandler {
    @Override
    void message(ChannelHandlerContext ctx, UpgradeMessage message) {
      heard(new Heard.Said(message));
    }

    @Override
    void descriptor(FileDescriptor descriptor) {
      heard(new Heard.Gave(descriptor));
    }

    @Override
    void ended() {
      heard(Heard.Left.LEFT);
    }

    private void heard(Heard what) {
      heard.add(what);
      if (handedOver) {
        drainHeard();
      }
    }
  }

  /** Ends the conversation; the old process need not come back. */
  @Override
  public void close() {
    if (channel.isActive()) {
      if (handedOver) {
        FrameHandler.send(channel, new Bye()).awaitUninterruptibly(1, TimeUnit.SECONDS);
      }
      channel.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
