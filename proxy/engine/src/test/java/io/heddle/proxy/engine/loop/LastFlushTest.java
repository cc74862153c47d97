package io.heddle.proxy.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.testkit.ManualTime;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A peer gets all that was written for it, as long as it takes some now and then. */
class LastFlushTest {
  private static final int PART = 2 << 20;
  private static final int PARTS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration NEARLY = Duration.ofMillis(900);

  private final ManualTime time = new ManualTime();
  private final StatsRegistry registry = new StatsRegistry(1);
  private final EventLoopGroup group = Sockets.nio().loop(0, registry);
  private final Worker worker =
      new Worker(
          0,
          group.next(),
          registry.loop(0),
          PooledByteBufAllocator.DEFAULT,
          time,
          time::nanoTime,
          true);
  private final SocketChannel channel = new NioSocketChannel();
  private final Socket peer;

  LastFlushTest() throws IOException {
    try (ServerSocket server = new ServerSocket()) {
      server.setReceiveBufferSize(16 << 10);
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      channel.config().setSendBufferSize(16 << 10);
      group.register(channel).syncUninterruptibly();
      channel.connect(server.getLocalSocketAddress()).syncUninterruptibly();
      peer = server.accept();
    }
  }

  @BeforeEach
  void write() throws IOException {
    peer.setSoTimeout(10_000);
    onLoop(() -> {
      var _ = channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[PARTS * PART]));
    });
  }

  @AfterEach
  void close() throws IOException {
    peer.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private void onLoop(Runnable task) {
    worker.loop().submit(task).syncUninterruptibly();
  }

  /** Lets time pass until the channel is closed. */
  private void awaitClosed() {
    for (int i = 0; i < 20_000 && !channel.closeFuture().isDone(); i++) {
      time.advance(Duration.ofMillis(10));
      LockSupport.parkNanos(500_000);
    }
    assertThat(channel.closeFuture().isDone()).isTrue();
  }

  @Test
  void waitsAsLongAsBytesLeaveAndThenForThePeer() throws Exception {
    onLoop(() -> LastFlush.thenLinger(worker, channel, PATIENCE));
    for (int i = 0; i < PARTS; i++) {
      assertThat(peer.getInputStream().readNBytes(PART)).hasSize(PART);
      time.advance(NEARLY);
    }
    assertThat(peer.getInputStream().read()).isNegative();
    // The peer knows that nothing follows, and may say something yet.
    assertThat(channel.isOpen()).isTrue();
    awaitClosed();
  }

  @Test
  void closesAtOnceWhenAllHasLeftWhereNothingMoreIsExpected() throws Exception {
    onLoop(() -> LastFlush.thenClose(worker, channel, PATIENCE));
    assertThat(peer.getInputStream().readNBytes(PARTS * PART)).hasSize(PARTS * PART);
    assertThat(channel.closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void givesUpWhereThePeerTakesNothing() throws Exception {
    onLoop(() -> LastFlush.thenClose(worker, channel, PATIENCE));
    awaitClosed();
    assertThat(peer.getInputStream().readAllBytes().length).isLessThan(PARTS * PART);
  }
}
