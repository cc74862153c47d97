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
