package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.RouteAction;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A reader that stalls stops the writer, and nothing grows between them. */
class FlowControlTest {
  private static final long BODY = 48L << 20;

  /** What the kernel's buffers of three sockets may take, and ours. */
  private static final long HELD = 32L << 20;

  private static void fill(Wire wire, long bytes, AtomicLong sent) throws IOException {
    byte[] piece = new byte[64 << 10];
    for (long left = bytes; left > 0; left -= piece.length) {
      wire.out.write(piece);
      sent.addAndGet(piece.length);
    }
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
      EngineUnderTest.awaitStandstill(sent::get);
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
                } catch (IOException failure) {
                  sent.set(Long.MIN_VALUE);
                }
              });
      EngineUnderTest.awaitStandstill(sent::get);
      assertThat(sent.get()).isLessThan(HELD);
      goOn.countDown();
      assertThat(wire.response()).endsWith("\r\n\r\nok");
      writer.join();
      assertThat(sent).hasValue(BODY);
    }
  }

  @Test
  void clientThatReadsNothingIsServedNoFurther() throws Exception {
    int requests = 16_384;
    String body = "x".repeat(8 << 10);
    Configs.Http http = new Configs.Http();
    http.routes(Configs.route("/", new RouteAction.DirectResponse(200, body)));
    try (EngineUnderTest proxy = EngineUnderTest.of(http.listener());
        Wire wire = proxy.connectSlow()) {
      String get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < requests; i += 64) {
                    wire.send(get.repeat(64));
                  }
                } catch (IOException failure) {
                  throw new AssertionError(failure);
                }
              });
      EngineUnderTest.awaitStandstill(() -> proxy.counter("http.in.downstream_rq_total"));
      // What was answered beyond this can only lie in the proxy's memory.
      assertThat(proxy.counter("http.in.downstream_rq_total") * body.length()).isLessThan(HELD);
      for (int i = 0; i < requests; i++) {
        assertThat(wire.response().length()).isGreaterThan(body.length());
      }
      writer.join();
      assertThat(proxy.counter("http.in.downstream_rq_total")).isEqualTo(requests);
    }
  }

  @Test
  void connectionThatIsStillSlowFromBeforeStopsTheClient() throws Exception {
    BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    try (Upstream up =
            // Answers without reading: what was asked stays on its way.
            new Upstream(
                wire -> {
                  try {
                    while (true) {
                      wire.send(answers.take());
                    }
                  } catch (InterruptedException interrupted) {
                    throw new AssertionError(interrupted);
                  }
                },
                16 << 10);
        EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      proxy.bind(new Configs.Http().listener());
      try (Wire wire = proxy.connect()) {
        String post =
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2000\r\n\r\n" + "x".repeat(2000);
        // More in all than the kernel and the watermark take.
        for (int i = 1; i <= 2_500; i++) {
          wire.send(post);
          long sent = (long) i * post.length();
          EngineUnderTest.await(
              () -> proxy.counter("http.in.downstream_cx_rx_bytes_total") == sent);
          answers.add("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
          assertThat(wire.response()).startsWith("HTTP/1.1 200");
        }
        assertThat(up.connections).hasValue(1);
        AtomicLong sent = new AtomicLong();
        wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: " + BODY + "\r\n\r\n");
        Thread writer = filler(wire, sent);
        EngineUnderTest.awaitStandstill(sent::get);
        assertThat(sent.get()).isLessThan(HELD);
        wire.socket.close();
        writer.join();
      }
    }
  }

  /** Holds every piece for a moment. */
  private record Hesitant() implements NetworkFilterFactory {
    @Override
    public String name() {
      return "test.hesitant";
    }

    @Override
    public Set<String> typeUrls() {
      return Set.of("type.googleapis.com/test.hesitant");
    }

    @Override
    public NetworkFilterFactory.NetworkFilterConfig parse(
        Any config, FilterFactoryContext context) {
      return connection ->
          new NetworkFilter() {
            @Override
            public NetworkDecision onRead(ByteBuf data, boolean endOfInput) {
              var _ = connection.schedule(Duration.ofMillis(1), connection::resume);
              return NetworkDecision.SUSPEND;
            }
          };
    }
  }

  @Test
  void networkFilterDoesNotSwitchReadingOnForWhatFollowsIt() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.head();
              asked.countDown();
              var _ = wire.rest();
            });
        EngineUnderTest proxy =
            new EngineUnderTest(
                Engine.builder().concurrency(1).networkFilters(List.of(new Hesitant())))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      proxy.bind(
          Configs.listener(
              "in",
              0,
              List.of(
                  Configs.extension("test.hesitant"),
                  new Configs.Http().listener().filterChains().getFirst().filters().getFirst()),
              1 << 20));
      try (Wire wire = proxy.connect()) {
        wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        asked.await();
        // The request waits for its response, so nothing after it may be read.
        AtomicLong sent = new AtomicLong();
        Thread writer = filler(wire, sent);
        EngineUnderTest.awaitStandstill(sent::get);
        assertThat(sent.get()).isLessThan(HELD);
        wire.socket.close();
        writer.join();
      }
    }
  }

  /** Sends a body until it is all sent, or the connection closed. */
  private static Thread filler(Wire wire, AtomicLong sent) {
    return Thread.ofVirtual()
        .start(() -> {
          try {
            fill(wire, BODY, sent);
          } catch (IOException closed) {
            sent.incrementAndGet();
          }
        });
  }
}
