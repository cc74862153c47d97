package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.TcpProxyConfig;
import io.heddle.xds.model.TcpProxyConfig.WeightedTarget;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Connections forwarded as they are. */
class TcpProxyTest {
  private static EngineUnderTest start(String cluster, Upstream up) {
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
        Configs.cluster("up", up.port()));
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

  @Test
  void slowClientGetsEveryByteBeforeTheEnd() throws Exception {
    int size = 8 << 20;
    AtomicLong written = new AtomicLong();
    try (Upstream up =
            new Upstream(wire -> {
              byte[] piece = new byte[64 << 10];
              for (int i = 0; i < size; i += piece.length) {
                wire.out.write(piece);
                written.addAndGet(piece.length);
              }
              wire.socket.shutdownOutput();
              var _ = wire.rest();
            });
        EngineUnderTest proxy = start("up", up);
        Wire wire = proxy.connectSlow()) {
      EngineUnderTest.awaitStandstill(written::get);
      byte[] piece = new byte[4096];
      long got = 0;
      for (int n = wire.in.read(piece); n >= 0; n = wire.in.read(piece)) {
        got += n;
      }
      assertThat(got).isEqualTo(size);
      // The other direction is open yet.
      assertThat(proxy.gauge("tcp.t.downstream_cx_active")).isEqualTo(1);
    }
  }

  @Test
  void slowHostGetsEveryByteBeforeTheEnd() throws Exception {
    int size = 8 << 20;
    AtomicLong written = new AtomicLong();
    CountDownLatch read = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(
                wire -> {
                  try {
                    read.await();
                  } catch (InterruptedException interrupted) {
                    throw new AssertionError(interrupted);
                  }
                  byte[] piece = new byte[4096];
                  long got = 0;
                  for (int n = wire.in.read(piece); n >= 0; n = wire.in.read(piece)) {
                    got += n;
                  }
                  wire.send(Long.toString(got));
                },
                16 << 10);
        EngineUnderTest proxy = start("up", up);
        Wire wire = proxy.connect()) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  byte[] piece = new byte[64 << 10];
                  for (int i = 0; i < size; i += piece.length) {
                    wire.out.write(piece);
                    written.addAndGet(piece.length);
                  }
                  wire.socket.shutdownOutput();
                } catch (java.io.IOException failure) {
                  throw new AssertionError(failure);
                }
              });
      EngineUnderTest.awaitStandstill(written::get);
      read.countDown();
      assertThat(wire.rest()).isEqualTo(Long.toString(size));
      writer.join();
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
