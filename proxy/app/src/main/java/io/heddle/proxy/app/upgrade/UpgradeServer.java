package io.heddle.proxy.app.upgrade;

import io.heddle.proxy.app.upgrade.UpgradeMessage.Hello;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Ready;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Refused;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Stats;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Take;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Taken;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Welcome;
import io.heddle.proxy.engine.OpenSocket;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The old process's side: waits at a unix socket for the one that replaces it, of which there is
 * one at a time. Fields are owned by its event loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class UpgradeServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UpgradeServer.class);
  private static final long CONFIGURED_WITHIN_MINUTES = 60;
  private static final long STATS_EVERY_MILLIS = 1_000;

  /** What the process does for its successor. Called on the server's own thread. */
  public interface Outgoing {
    /** What the successor is told. */
    Welcome welcome();

    /** Shows the descriptor of a socket; false where it is gone. */
    boolean lend(OpenSocket socket, java.util.function.IntConsumer use);

    /** From now on the successor accepts: stop accepting, drain, and go in time. */
    void handOver(Ready ready);

    /** The successor is gone before it was ready. */
    void abandoned();

    /** The successor is gone after that, and not by its own will: accept again. */
    void takeBack();

    /** What was counted since the last call. */
    List<Stats> counted();
  }

  private final UpgradeSocket socket;
  private final Outgoing process;
  private final EventLoopGroup group;
  private @Nullable Channel listening;
  private @Nullable Conversation current;

  private UpgradeServer(UpgradeSocket socket, Outgoing process) {
    this.socket = socket;
    this.process = process;
    this.group =
        new MultiThreadIoEventLoopGroup(
            1,
            task -> {
              Thread thread = new Thread(task, "heddle-upgrade");
              thread.setDaemon(true);
              return thread;
            },
            EpollIoHandler.newFactory());
  }

  /**
   * Waits for successors from now on, in the place of whoever did before.
   *
   * @throws UpgradeException where the socket cannot be made
   */
  public static UpgradeServer start(UpgradeSocket socket, Outgoing process)
      throws UpgradeException {
    UpgradeServer server = new UpgradeServer(socket, process);
    try {
      server.listen();
      return server;
    } catch (UpgradeException e) {
      server.close();
      throw e;
    }
  }

  /** Binds beside the path, and takes its place by one rename. */
  private void listen() throws UpgradeException {
    Path draft = socket.draft();
    EpollServerDomainSocketChannel channel = new EpollServerDomainSocketChannel();
    channel.pipeline().addLast(new Acceptor());
    try {
      Files.deleteIfExists(draft);
      CompletableFuture<Void> bound = new CompletableFuture<>();
      group
          .register(channel)
          .addListener(registered ->
              channel
                  .bind(new DomainSocketAddress(draft.toFile()))
                  .addListener(done -> {
                    if (done.isSuccess()) {
                      bound.complete(null);
                    } else {
                      bound.completeExceptionally(done.cause());
                    }
                  }));
      bound.get(10, TimeUnit.SECONDS);
      Files.move(draft, socket.path(), StandardCopyOption.ATOMIC_MOVE);
      listening = channel;
    } catch (IOException | ExecutionException | TimeoutException e) {
      channel.close();
      throw new UpgradeException("cannot listen at " + socket.path() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UpgradeException("interrupted", e);
    }
  }

  /** Takes the successors' connections. */
  private final class Acceptor extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      EpollDomainSocketChannel channel = (EpollDomainSocketChannel) message;
      try {
        int uid = channel.peerCredentials().uid();
        if (uid != UpgradeSocket.uid()) {
          LOG.warn("Upgrade: found a process of user {}, expected {}", uid, UpgradeSocket.uid());
          channel.unsafe().closeForcibly();
          return;
        }
      } catch (IOException e) {
        LOG.warn("Upgrade: cannot tell who connects: {}", e.toString());
        channel.unsafe().closeForcibly();
        return;
      }
      channel.pipeline().addLast(new Conversation(channel));
      ctx.channel().eventLoop().register(channel);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.warn("Upgrade: accepting failed: {}", cause.toString());
    }
  }

  private enum Stage {
    NEW,
    WELCOMED,
    HANDED_OVER,
    OVER
  }

  /** With one successor. */
  // Identity is meant.
  @SuppressWarnings("ReferenceEquality")
  private final class Conversation extends FrameHandler {
    private final Channel channel;
    private Stage stage = Stage.NEW;
    private List<OpenSocket> offered = List.of();
    private boolean leftInPeace;
    private @Nullable ScheduledFuture<?> timer;

    Conversation(Channel channel) {
      this.channel = channel;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      timer = ctx.executor().schedule(() -> tooLate(ctx), 10, TimeUnit.SECONDS);
    }

    private void tooLate(ChannelHandlerContext ctx) {
      LOG.warn("Upgrade: the new process did not come to its end in time; this one goes on");
      ctx.close();
    }

    @Override
    void message(ChannelHandlerContext ctx, UpgradeMessage message) {
      switch (message) {
        case Hello hello when stage == Stage.NEW -> hello(ctx, hello);
        case Take take when stage == Stage.WELCOMED -> take(ctx, take.index());
        case Ready ready when stage == Stage.WELCOMED -> ready(ctx, ready);
        case UpgradeMessage.Bye _ -> {
          leftInPeace = true;
          ctx.close();
        }
        default ->
            throw new UpgradeCodec.MalformedException(
                message.getClass().getSimpleName() + " in the stage " + stage);
      }
    }

    private void hello(ChannelHandlerContext ctx, Hello hello) {
      if (hello.newest() < UpgradeMessage.VERSION || hello.oldest() > UpgradeMessage.VERSION) {
        refuse(
            "versions "
                + hello.oldest()
                + " to "
                + hello.newest()
                + ", expected "
                + UpgradeMessage.VERSION
                + ": restart it instead");
        return;
      }
      Conversation other = current;
      if (other != null) {
        refuse(
            other.stage == Stage.HANDED_OVER
                ? "this process has been replaced already"
                : "another upgrade is under way");
        return;
      }
      current = this;
      stage = Stage.WELCOMED;
      stopTimer();
      timer =
          ctx.executor().schedule(() -> tooLate(ctx), CONFIGURED_WITHIN_MINUTES, TimeUnit.MINUTES);
      Welcome welcome = process.welcome();
      offered = welcome.sockets();
      LOG.info(
          "Upgrade: process {}, build {}, asks for {} sockets",
          hello.pid(),
          hello.build(),
          offered.size());
      send(channel, welcome);
    }

    private void refuse(String reason) {
      LOG.warn("Upgrade refused: {}", reason);
      stage = Stage.OVER;
      send(channel, new Refused(reason)).addListener(_ -> channel.close());
    }

    private void take(ChannelHandlerContext ctx, int index) {
      boolean sent =
          index < offered.size()
              && process.lend(
                  offered.get(index),
                  // Written at once: the descriptor leaves before it is ours alone again.
                  descriptor -> channel.writeAndFlush(new FileDescriptor(descriptor)));
      if (!sent) {
        LOG.warn("Upgrade: socket {} is gone; the new process must start anew", index);
        ctx.close();
      }
    }

    private void ready(ChannelHandlerContext ctx, Ready ready) {
      stage = Stage.HANDED_OVER;
      stopTimer();
      LOG.info("Upgrade: the new process serves; this one drains");
      process.handOver(ready);
      send(channel, new Taken());
      timer =
          ctx.executor()
              .scheduleAtFixedRate(this::sendStats, 0, STATS_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void sendStats() {
      for (Stats stats : process.counted()) {
        send(channel, stats);
      }
    }

    ChannelFuture end() {
      leftInPeace = true;
      if (stage == Stage.HANDED_OVER) {
        sendStats();
      }
      return channel
          .writeAndFlush(io.netty.buffer.Unpooled.EMPTY_BUFFER)
          .addListener(ChannelFutureListener.CLOSE);
    }

    private void stopTimer() {
      ScheduledFuture<?> running = timer;
      if (running != null) {
        running.cancel(false);
      }
    }

    @Override
    void ended() {
      stopTimer();
      if (current != this) {
        return;
      }
      boolean replaced = stage == Stage.HANDED_OVER;
      if (replaced && leftInPeace) {
        // Whoever comes next finds the successor's socket, or none.
        return;
      }
      current = null;
      if (replaced) {
        LOG.warn("Upgrade: the new process is gone; this one serves again");
        Channel old = listening;
        try {
          listen();
        } catch (UpgradeException e) {
          LOG.warn("Upgrade: {}", e.getMessage());
        }
        if (old != null) {
          old.close();
        }
        process.takeBack();
      } else if (stage == Stage.WELCOMED) {
        LOG.warn("Upgrade: the new process is gone before it was ready; nothing has changed");
        process.abandoned();
      }
    }
  }

  @Override
  public void close() {
    if (group.isShuttingDown()) {
      return;
    }
    group
        .next()
        .submit(() -> {
          Conversation last = current;
          if (last != null) {
            last.end();
          } else if (listening != null) {
            deleteIfOurs();
          }
        })
        .awaitUninterruptibly(2, TimeUnit.SECONDS);
    var _ = group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    group.terminationFuture().awaitUninterruptibly(3, TimeUnit.SECONDS);
  }

  /** Without a successor the path leads to us. */
  private void deleteIfOurs() {
    try {
      Files.deleteIfExists(socket.path());
    } catch (IOException e) {
      LOG.debug("Deleting {}", socket.path(), e);
    }
  }
}
