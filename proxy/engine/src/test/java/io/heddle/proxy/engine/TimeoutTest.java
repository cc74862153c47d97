package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.HttpConnectionManagerConfig.Timeouts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every timeout, on a clock that the tests move. */
class TimeoutTest {
  private final ManualTime time = new ManualTime();

  private EngineUnderTest start(Configs.Http http, Upstream up) {
    EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).clock(time).nanoTime(time::nanoTime));
    proxy.cluster(Configs.cluster("up", up.port()));
    proxy.bind(http.listener());
    return proxy;
  }

  private static Upstream silent(CountDownLatch asked) {
    return new Upstream(wire -> {
      var _ = wire.head();
      asked.countDown();
      var _ = wire.rest();
    });
  }

  private static Timeouts timeouts(
      Duration request, Duration headers, Duration stream, Duration idle, Duration duration) {
    return new Timeouts(
        request,
        headers,
        stream,
        idle,
        Duration.ZERO,
        duration,
        Duration.ofSeconds(1),
        Duration.ofSeconds(5));
  }

  private static final int BODY_BEGUN =
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\na".length();
  private static final Duration NONE = Duration.ZERO;

  @Test
  void routeTimeoutGives504() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    Configs.Http http = new Configs.Http();
    http.routes(
        Configs.route(
            "/", Configs.forwardTo(new ClusterTarget.Single("up"), Duration.ofSeconds(3))));
    try (Upstream up = silent(asked);
        EngineUnderTest proxy = start(http, up);
        Wire wire = proxy.connect()) {
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      asked.await();
      time.advance(Duration.ofSeconds(4));
      assertThat(wire.response())
          .startsWith("HTTP/1.1 504 ")
          .endsWith("\r\n\r\nupstream request timeout");
      assertThat(proxy.counter("cluster.up.upstream_rq_timeout")).isEqualTo(1);
    }
  }

  /** Reads requests and never answers. */
  private static Upstream listening(CountDownLatch asked) {
    return new Upstream(wire -> {
      var _ = wire.request();
      asked.countDown();
      var _ = wire.rest();
    });
  }

  /** What the host reads, and what becomes of it when so much time passes. */
  private void grpc(String route, String given, String told, long advanceMillis, String outcome)
      throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (Upstream up = listening(asked);
        EngineUnderTest proxy =
            new EngineUnderTest(
                Engine.builder().concurrency(1).clock(time).nanoTime(time::nanoTime))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      proxy.bind(Yaml.routes("{match: {prefix: /}, route: {cluster: up, " + route + "}}"));
      try (Wire wire = proxy.connect()) {
        wire.send(
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ncontent-type: application/grpc\r\n"
                + given
                + "\r\n");
        asked.await();
        for (String line : told.split(",", -1)) {
          assertThat(up.heads.getLast())
              .as("%s after %s", route, given)
              .matches(head ->
                  line.startsWith("!")
                      ? !head.contains(line.substring(1))
                      : head.contains(line + "\r\n"));
        }
        time.advance(Duration.ofMillis(advanceMillis));
        assertThat(wire.response()).as("%s after %s", route, given).contains(outcome);
      }
    }
  }

  @Test
  void theTimeOfAGrpcClientIsTheRoutesUpToItsMost() throws Exception {
    String late = "grpc-message: upstream request timeout";
    String own = "max_grpc_timeout: 5s, timeout: 60s";
    grpc(
        own,
        "grpc-timeout: 2S\r\n",
        "grpc-timeout: 2000m,x-envoy-expected-rq-timeout-ms: 2000",
        2_100,
        late);
    grpc(own, "grpc-timeout: 1M\r\n", "grpc-timeout: 5000m", 5_100, late);
    grpc(own, "", "grpc-timeout: 5000m", 5_100, late);
    grpc(
        own + ", grpc_timeout_offset: 0.5s",
        "grpc-timeout: 2S\r\n",
        "grpc-timeout: 1500m",
        1_600,
        late);
    grpc(
        "max_grpc_timeout: 0s, grpc_timeout_offset: 3s",
        "grpc-timeout: 2S\r\n",
        "grpc-timeout: 2000m",
        2_100,
        late);
    // Without the field it is only passed on.
    grpc("timeout: 4s", "grpc-timeout: 2S\r\n", "grpc-timeout: 2S", 4_100, late);
  }

  @Test
  void theTimeOfAGrpcClientIsTheStreamsUpToItsMost() throws Exception {
    String late = "grpc-message: downstream duration timeout";
    grpc(
        "timeout: 1s, max_stream_duration: {grpc_timeout_header_max: 5s,"
            + " grpc_timeout_header_offset: 1s}",
        "grpc-timeout: 4S\r\n",
        "grpc-timeout: 3000m,!expected-rq",
        3_100,
        late);
    grpc(
        "max_stream_duration: {grpc_timeout_header_max: 5s}",
        "grpc-timeout: 9S\r\n",
        "grpc-timeout: 5000m",
        5_100,
        late);
    grpc(
        "max_stream_duration: {max_stream_duration: 2s, grpc_timeout_header_max: 5s}",
        "",
        "grpc-timeout: 2000m",
        2_100,
        late);
  }

  @Test
  void theProxyBeforeThisOneSaysWhatIsLeft() throws Exception {
    for (boolean respects : new boolean[] {true, false}) {
      CountDownLatch asked = new CountDownLatch(1);
      try (Upstream up = listening(asked);
          EngineUnderTest proxy =
              new EngineUnderTest(
                  Engine.builder().concurrency(1).clock(time).nanoTime(time::nanoTime))) {
        proxy.cluster(Configs.cluster("up", up.port()));
        proxy.bind(
            Yaml.withRouter(
                "respect_expected_rq_timeout: " + respects,
                // Whose clients are known: only those inside may say.
                "use_remote_address: true, internal_address_config: {cidr_ranges:"
                    + " [{address_prefix: 127.0.0.0, prefix_len: 8}]}, "
                    + Yaml.table(
                        "routes: [{match: {prefix: /}, route: {cluster: up, timeout: 6s}}]")));
        try (Wire wire = proxy.connect()) {
          wire.send("GET / HTTP/1.1\r\nhost: a\r\nx-envoy-expected-rq-timeout-ms: 2000\r\n\r\n");
          asked.await();
          assertThat(up.heads.getLast())
              .contains("x-envoy-expected-rq-timeout-ms: " + (respects ? 2_000 : 6_000) + "\r\n");
          time.advance(Duration.ofMillis(2_100));
          if (!respects) {
            time.advance(Duration.ofSeconds(4));
          }
          assertThat(wire.response()).startsWith("HTTP/1.1 504 ");
        }
      }
    }
  }

  @Test
  void routeTimeoutDoesNotCountWhileTheRequestIsComing() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (Upstream up = silent(asked);
        EngineUnderTest proxy = start(new Configs.Http(), up);
        Wire wire = proxy.connect()) {
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\na");
      asked.await();
      time.advance(Duration.ofSeconds(60));
      wire.send("b");
      EngineUnderTest.await(
          () -> proxy.counter("http.in.downstream_cx_rx_bytes_total") == BODY_BEGUN + 1);
      assertThat(proxy.counter("cluster.up.upstream_rq_timeout")).isZero();
      time.advance(Duration.ofSeconds(16));
      assertThat(wire.response()).startsWith("HTTP/1.1 504 ");
    }
  }

  @Test
  void slowHeadGives408AndALine(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("access.log");
    Configs.Http http = new Configs.Http();
    http.logs =
        List.of(
            new AccessLogConfig.Lines(
                new AccessLogConfig.Sink.File(log.toString()),
                new AccessLogConfig.Format.Text(
                    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_SENT%",
                    false)));
    http.timeouts =
        timeouts(NONE, Duration.ofSeconds(2), Duration.ofMinutes(5), Duration.ofHours(1), NONE);
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = start(http, up);
        Wire wire = proxy.connect()) {
      wire.send("GET / HTTP/1.1\r\nhost:");
      EngineUnderTest.await(() -> proxy.counter("http.in.downstream_cx_rx_bytes_total") == 21);
      time.advance(Duration.ofSeconds(3));
      assertThat(wire.response()).startsWith("HTTP/1.1 408 ").endsWith("request header timeout");
      assertThat(proxy.counter("http.in.downstream_rq_header_timeout")).isEqualTo(1);
    }
    assertThat(Files.readString(log)).isEqualTo("408 - request_header_timeout 22");
  }

  @Test
  void slowBodyGives408AndSilentStreamToo() throws Exception {
    CountDownLatch asked = new CountDownLatch(2);
    Configs.Http http = new Configs.Http();
    http.timeouts =
        timeouts(Duration.ofSeconds(10), NONE, Duration.ofSeconds(4), Duration.ofHours(1), NONE);
    try (Upstream up = silent(asked);
        EngineUnderTest proxy = start(http, up);
        Wire slow = proxy.connect()) {
      slow.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\na");
      EngineUnderTest.await(
          () -> proxy.counter("http.in.downstream_cx_rx_bytes_total") == BODY_BEGUN);
      time.advance(Duration.ofSeconds(5));
      assertThat(slow.response()).startsWith("HTTP/1.1 408 ").endsWith("stream timeout");
      assertThat(proxy.counter("http.in.downstream_rq_idle_timeout")).isEqualTo(1);
    }
  }

  @Test
  void idleConnectionIsClosed() throws Exception {
    Configs.Http http = new Configs.Http();
    http.timeouts = timeouts(NONE, NONE, Duration.ofMinutes(5), Duration.ofSeconds(30), NONE);
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = start(http, up);
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith("x");
      time.advance(Duration.ofSeconds(31));
      assertThat(wire.rest()).isEmpty();
      assertThat(proxy.counter("http.in.downstream_cx_idle_timeout")).isEqualTo(1);
    }
  }

  @Test
  void longestStreamGives504() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    Configs.Http http = new Configs.Http();
    http.timeouts =
        timeouts(NONE, NONE, Duration.ofMinutes(5), Duration.ofHours(1), Duration.ofSeconds(2));
    try (Upstream up = silent(asked);
        EngineUnderTest proxy = start(http, up);
        Wire wire = proxy.connect()) {
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      asked.await();
      time.advance(Duration.ofSeconds(3));
      assertThat(wire.response())
          .startsWith("HTTP/1.1 504 ")
          .endsWith("downstream duration timeout");
    }
  }

  @Test
  void lastRequestOfAConnectionSaysClose() throws Exception {
    Configs.Http http = new Configs.Http();
    http.maxRequests = 2;
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = start(http, up);
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n"))
          .doesNotContain("connection: close");
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n"))
          .contains("connection: close\r\n");
      assertThat(wire.rest()).isEmpty();
    }
  }
}
