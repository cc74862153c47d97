package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.RefusedPort;
import io.heddle.xds.model.TcpProxyConfig;
import io.heddle.xds.model.TcpProxyConfig.WeightedTarget;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Connections forwarded as they are. */
class TcpProxyTest {
  private static EngineUnderTest start(String cluster, Upstream up) {
    return start(cluster, up.port());
  }

  private static EngineUnderTest start(String cluster, int port) {
    return EngineUnderTest.of(
        Configs.listener(
            "tcp",
            new TcpProxyConfig(
                "tcp",
                "t",
                List.of(new WeightedTarget(cluster, 1)),
                Duration.ofHours(1),
                1,
                List.of()),
            65536),
        Configs.cluster("up", port));
  }

  @Test
  void passesBytesBothWaysAndTheEndOfEachSide() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              wire.send("welcome ");
              // The answer comes after the client's end of input.
              wire.send(wire.rest().toUpperCase(java.util.Locale.ROOT));
            });
        EngineUnderTest proxy = start("up", up);
        Wire wire = proxy.connect()) {
      assertThat(wire.read(8)).isEqualTo("welcome ");
      wire.send("shout");
      wire.socket.shutdownOutput();
      assertThat(wire.rest()).isEqualTo("SHOUT");
      EngineUnderTest.await(() -> proxy.gauge("tcp.t.downstream_cx_active") == 0);
      assertThat(proxy.counter("tcp.t.downstream_cx_rx_bytes_total")).isEqualTo(5);
      assertThat(proxy.counter("tcp.t.downstream_cx_tx_bytes_total")).isEqualTo(13);
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
    }
  }

  @Test
  void aClientWhoseHostCannotBeReachedIsClosedAndNotReset() throws Exception {
    try (RefusedPort up = new RefusedPort();
        EngineUnderTest proxy = start("up", up.port())) {
      for (int i = 0; i < 50; i++) {
        try (Wire wire = proxy.connect()) {
          wire.send("bytes that nobody will read");
          assertThat(wire.rest()).isEmpty();
        }
      }
      assertThat(proxy.counter("cluster.up.upstream_cx_connect_fail")).isEqualTo(50);
      EngineUnderTest.await(() -> proxy.gauge("tcp.t.downstream_cx_active") == 0);
    }
  }

  @Test
  void passesManyBytes() throws Exception {
    int size = 8 << 20;
    try (Upstream up =
            new Upstream(wire -> {
              byte[] piece = new byte[8192];
              int n;
              while ((n = wire.in.read(piece)) >= 0) {
                wire.out.write(piece, 0, n);
              }
            });
        EngineUnderTest proxy = start("up", up);
        Wire wire = proxy.connect()) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  byte[] all = new byte[size];
                  java.util.Arrays.fill(all, (byte) 7);
                  wire.out.write(all);
                  wire.socket.shutdownOutput();
                } catch (java.io.IOException failure) {
                  throw new AssertionError(failure);
                }
              });
      byte[] got = wire.in.readAllBytes();
      writer.join();
      assertThat(got).hasSize(size);
      for (byte b : got) {
        if (b != 7) {
          throw new AssertionError("changed");
        }
      }
    }
  }

  /** Whether the proxy takes this many bytes in all within a moment; not once it has paused. */
  private static boolean takes(EngineUnderTest proxy, String counter, long bytes) {
    long end = System.nanoTime() + Duration.ofMillis(300).toNanos();
    while (proxy.counter(counter) < bytes) {
      if (System.nanoTime() > end) {
        return false;
      }
      LockSupport.parkNanos(500_000);
    }
    return true;
  }

  @Test
  void slowClientGetsEveryByteBeforeTheEnd() throws Exception {
    byte[] piece = new byte[64 << 10];
    BlockingQueue<Boolean> more = new LinkedBlockingQueue<>();
    try (Upstream up =
            new Upstream(wire -> {
              try {
                while (more.take()) {
                  wire.out.write(piece);
                }
              } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
              }
              wire.socket.shutdownOutput();
              var _ = wire.rest();
            });
        EngineUnderTest proxy = start("up", up);
        Wire wire = proxy.connectSlow()) {
      long sent = 0;
      do {
        more.add(true);
        sent += piece.length;
      } while (takes(proxy, "tcp.t.downstream_cx_tx_bytes_total", sent));
      // The proxy holds bytes that the kernel does not take, and now learns of the end.
      more.add(false);
      EngineUnderTest.awaitStandstill(() -> proxy.counter("tcp.t.downstream_cx_tx_bytes_total"));
      assertThat(wire.in.readAllBytes()).hasSize((int) sent);
      // The other direction is open yet.
      assertThat(proxy.gauge("tcp.t.downstream_cx_active")).isEqualTo(1);
    }
  }

  @Test
  void slowHostGetsEveryByteBeforeTheEnd() throws Exception {
    byte[] piece = new byte[64 << 10];
    CountDownLatch read = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(
                wire -> {
                  try {
                    read.await();
                  } catch (InterruptedException interrupted) {
                    throw new AssertionError(interrupted);
                  }
                  wire.send(Long.toString(wire.in.readAllBytes().length));
                },
                16 << 10);
        EngineUnderTest proxy = start("up", up);
        Wire wire = proxy.connect()) {
      long sent = 0;
      do {
        wire.out.write(piece);
        sent += piece.length;
      } while (takes(proxy, "tcp.t.downstream_cx_rx_bytes_total", sent));
      wire.socket.shutdownOutput();
      // The end has come to the proxy, which has read everything before it.
      EngineUnderTest.awaitStandstill(() -> proxy.counter("tcp.t.downstream_cx_rx_bytes_total"));
      read.countDown();
      assertThat(wire.rest()).isEqualTo(Long.toString(sent));
    }
  }

  @Test
  void hostAnswersAtLengthAfterTheClientsEnd() throws Exception {
    int size = 16 << 20;
    try (Upstream up =
            new Upstream(wire -> {
              assertThat(wire.rest()).isEqualTo("all of it");
              wire.out.write(new byte[size]);
            });
        EngineUnderTest proxy = start("up", up);
        Wire wire = proxy.connectSlow()) {
      wire.send("all of it");
      wire.socket.shutdownOutput();
      // Nothing is wanted of the client's side any more when it begins not to take what comes.
      EngineUnderTest.awaitStandstill(() -> proxy.counter("tcp.t.downstream_cx_tx_bytes_total"));
      assertThat(wire.in.readAllBytes()).hasSize(size);
      EngineUnderTest.await(() -> proxy.gauge("tcp.t.downstream_cx_active") == 0);
    }
  }

  @Test
  void closesWhereThereIsNoCluster() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = start("none", up);
        Wire wire = proxy.connect()) {
      assertThat(wire.rest()).isEmpty();
      assertThat(proxy.counter("tcp.t.downstream_cx_no_route")).isEqualTo(1);
    }
  }
}
