package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A reader that stalls stops the writer, and nothing grows between them. */
class FlowControlTest {
  private static final long BODY = 48L << 20;

  /** What the kernel's buffers of three sockets may take, and ours. */
  private static final long HELD = 32L << 20;

  private static void fill(Wire wire, long bytes, AtomicLong sent) throws java.io.IOException {
    byte[] piece = new byte[64 << 10];
    for (long left = bytes; left > 0; left -= piece.length) {
      wire.out.write(piece);
      sent.addAndGet(piece.length);
    }
  }

  private static void stalls(AtomicLong sent) {
    long[] last = {-1, 0};
    EngineUnderTest.await(() -> {
      long now = sent.get();
      if (now != last[0]) {
        last[0] = now;
        last[1] = System.nanoTime();
      }
      return now > 0 && System.nanoTime() - last[1] > 150_000_000L;
    });
  }

  @Test
  void stalledClientStopsTheUpstream() throws Exception {
    AtomicLong sent = new AtomicLong();
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: " + BODY + "\r\n\r\n");
              fill(wire, BODY, sent);
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(wire.head()).startsWith("HTTP/1.1 200");
      stalls(sent);
      assertThat(sent.get()).isLessThan(HELD);
      assertThat(proxy.counter("http.in.downstream_flow_control_paused_reading_total"))
          .isPositive();
      byte[] piece = new byte[1 << 20];
      long got = 0;
      while (got < BODY) {
        int n = wire.in.read(piece);
        assertThat(n).isPositive();
        got += n;
      }
      assertThat(got).isEqualTo(BODY);
    }
  }

  @Test
  void stalledUpstreamStopsTheClient() throws Exception {
    AtomicLong sent = new AtomicLong();
    CountDownLatch goOn = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.head();
              try {
                goOn.await();
              } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
              }
              wire.in.skipNBytes(BODY);
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: " + BODY + "\r\n\r\n");
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  fill(wire, BODY, sent);
                } catch (java.io.IOException failure) {
                  sent.set(Long.MIN_VALUE);
                }
              });
      stalls(sent);
      assertThat(sent.get()).isLessThan(HELD);
      goOn.countDown();
      assertThat(wire.response()).endsWith("\r\n\r\nok");
      writer.join();
      assertThat(sent).hasValue(BODY);
    }
  }
}
