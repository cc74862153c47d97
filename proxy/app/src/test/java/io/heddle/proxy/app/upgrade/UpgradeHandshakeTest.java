package io.heddle.proxy.app.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.proxy.app.upgrade.UpgradeMessage.Ready;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Stats;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Welcome;
import io.heddle.proxy.engine.InheritedSockets;
import io.heddle.proxy.engine.OpenSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both sides in one process, over a real unix socket. */
class UpgradeHandshakeTest {
  private static final UpgradeClient.Afterwards NOTHING =
      new UpgradeClient.Afterwards() {
        @Override
        public void counted(Stats stats) {}

        @Override
        public void alone() {}
      };

  @TempDir Path folder;

  private Old old;
  private UpgradeSocket socket;
  private UpgradeServer server;

  /** The old process. */
  private static final class Old implements UpgradeServer.Outgoing {
    final EpollServerSocketChannel listening = new EpollServerSocketChannel();
    final CountDownLatch handedOver = new CountDownLatch(1);
    final CountDownLatch takenBack = new CountDownLatch(1);
    final CountDownLatch abandoned = new CountDownLatch(1);
    final AtomicInteger lent = new AtomicInteger();
    volatile boolean gone;

    @Override
    public Welcome welcome() {
      return new Welcome(
          1,
          1,
          "old",
          2,
          3,
          "",
          List.of(new OpenSocket("a", "127.0.0.1:1", ""), new OpenSocket("b", "127.0.0.1:2", "")));
    }

    @Override
    public boolean lend(OpenSocket which, IntConsumer use) {
      if (gone) {
        return false;
      }
      lent.incrementAndGet();
      use.accept(listening.fd().intValue());
      return true;
    }

    @Override
    public void handOver(Ready ready) {
      handedOver.countDown();
    }

    @Override
    public void abandoned() {
      abandoned.countDown();
    }

    @Override
    public void takeBack() {
      takenBack.countDown();
    }

    @Override
    public List<Stats> counted() {
      return List.of();
    }
  }

  @BeforeEach
  void listen() throws Exception {
    assertThat(Epoll.isAvailable()).isTrue();
    old = new Old();
    socket = UpgradeSocket.in(folder.resolve("s"), "x.sock");
    server = UpgradeServer.start(socket, old);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    old.listening.fd().close();
  }

  private UpgradeClient connect() throws UpgradeException {
    return UpgradeClient.connect(socket, "new").orElseThrow();
  }

  @Test
  void everyDescriptorComesAndTheOldOneLetsGoWhenTheNewOneIsReady() throws Exception {
    try (UpgradeClient client = connect()) {
      assertThat(client.welcome().build()).isEqualTo("old");
      InheritedSockets taken = client.take();
      assertThat(old.lent).hasValue(2);
      assertThat(old.handedOver.getCount()).isEqualTo(1);
      assertThat(taken.take("other", "127.0.0.1:2", false)).isPresent();
      assertThat(taken.take("other", "127.0.0.1:1", true)).isEmpty();
      assertThat(taken.closeRest()).isEqualTo(1);
      client.ready(new Ready(1, 1, 1), NOTHING);
      assertThat(old.handedOver.getCount()).isZero();
    }
    // It said good-bye: nothing comes back.
    server.close();
    assertThat(old.takenBack.getCount()).isEqualTo(1);
  }

  @Test
  void oneThatGoesBeforeItIsReadyChangesNothing() throws Exception {
    try (UpgradeClient client = connect()) {
      client.take().closeRest();
    }
    assertThat(old.abandoned.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(old.handedOver.getCount()).isEqualTo(1);
    try (UpgradeClient again = connect()) {
      assertThat(again.take().closeRest()).isEqualTo(2);
    }
  }

  @Test
  void oneThatDiesAfterItWasReadyIsReplacedByTheOldOne() throws Exception {
    try (SocketChannel dying = raw()) {
      say(dying, new UpgradeMessage.Hello(1, 1, 1, "dying"));
      say(dying, new Ready(1, 1, 1));
      assertThat(old.handedOver.await(20, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(old.takenBack.await(20, TimeUnit.SECONDS)).isTrue();
    try (UpgradeClient next = connect()) {
      assertThat(next.welcome().epoch()).isEqualTo(2);
    }
  }

  @Test
  void onlyOneAtATime() throws Exception {
    try (UpgradeClient first = connect()) {
      assertThat(first.welcome().sockets()).hasSize(2);
      assertThatThrownBy(this::connect).hasMessageContaining("another upgrade is under way");
    }
  }

  @Test
  void aVersionThatIsNotSpokenIsRefusedByName() throws Exception {
    try (SocketChannel strange = raw()) {
      say(strange, new UpgradeMessage.Hello(7, 9, 1, "strange"));
      ByteBuffer answer = ByteBuffer.allocate(4_096);
      int read = strange.read(answer);
      while (read >= 0) {
        read = strange.read(answer);
      }
      ByteBuf wire = Unpooled.wrappedBuffer(answer.flip());
      assertThat(UpgradeCodec.decode(wire))
          .contains(new UpgradeMessage.Refused("versions 7 to 9, expected 1: restart it instead"));
    }
  }

  @Test
  void noiseEndsOnlyItsOwnConversation() throws Exception {
    try (SocketChannel noise = raw()) {
      noise.write(
          ByteBuffer.wrap(
              "GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
      assertThat(noise.read(ByteBuffer.allocate(10))).isEqualTo(-1);
    }
    try (SocketChannel early = raw()) {
      say(early, new Ready(1, 1, 1));
      assertThat(early.read(ByteBuffer.allocate(10))).isEqualTo(-1);
    }
    assertThat(old.handedOver.getCount()).isEqualTo(1);
    try (UpgradeClient client = connect()) {
      assertThat(client.take().closeRest()).isEqualTo(2);
    }
  }

  @Test
  void aSocketThatIsGoneFailsTheNewOneOnly() throws Exception {
    old.gone = true;
    try (UpgradeClient client = connect()) {
      assertThatThrownBy(client::take).isInstanceOf(UpgradeException.class);
    }
    assertThat(old.handedOver.getCount()).isEqualTo(1);
  }

  @Test
  void aFolderThatOthersMayEnterIsRefused() throws Exception {
    Path open =
        Files.createDirectory(
            folder.resolve("open"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
    assertThatThrownBy(() -> UpgradeSocket.in(open, "x.sock"))
        .hasMessageContaining("found permissions rwxr-x---, expected rwx------");
    assertThatThrownBy(() -> UpgradeSocket.in(folder, "x".repeat(100)))
        .hasMessageContaining("expected 90 at most");
    assertThat(UpgradeClient.connect(new UpgradeSocket(folder.resolve("none")), "new")).isEmpty();
  }

  private SocketChannel raw() throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket.path()));
    return channel;
  }

  private static void say(SocketChannel to, UpgradeMessage message) throws IOException {
    ByteBuf out = Unpooled.buffer();
    UpgradeCodec.encode(message, out);
    to.write(out.nioBuffer());
  }
}
