package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.model.RouteAction;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How connections are closed by us: what was said leaves first, if the client takes it. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class ClosingTest {
  private static final String BODY = "x".repeat(60_000);

  private final ManualTime time = new ManualTime();

  private EngineUnderTest start() {
    EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).clock(time).nanoTime(time::nanoTime));
    proxy.bind(
        new Configs.Http()
            .routes(Configs.route("/", new RouteAction.DirectResponse(200, BODY)))
            .listener());
    return proxy;
  }

  @Test
  void clientThatReadsNothingDoesNotKeepAnIdleConnection() throws Exception {
    try (EngineUnderTest proxy = start();
        Wire wire = proxy.connectSlow()) {
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(500));
      EngineUnderTest.awaitStandstill(() -> proxy.counter("http.in.downstream_rq_total"));
      time.advance(Configs.TIMEOUTS.connectionIdle());
      EngineUnderTest.await(() -> {
        time.advance(Duration.ofSeconds(1));
        return proxy.gauge("http.in.downstream_cx_active") == 0;
      });
      assertThat(proxy.counter("http.in.downstream_cx_idle_timeout")).isEqualTo(1);
      assertThat(proxy.counter("http.in.downstream_cx_destroy_local")).isEqualTo(1);
    }
  }

  @Test
  void replyBeforeTheEndOfItsRequestSaysThatItIsTheLast() throws Exception {
    try (EngineUnderTest proxy = start();
        Wire wire = proxy.connect()) {
      String response =
          wire.roundTrip("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nsome");
      assertThat(response).startsWith("HTTP/1.1 200").contains("connection: close\r\n");
      assertThat(response).endsWith(BODY);
      assertThat(wire.rest()).isEmpty();
      assertThat(proxy.counter("http.in.downstream_rq_response_before_rq_complete")).isEqualTo(1);
    }
  }

  @Test
  void clientThatStillSendsGetsWhatWasSaidAndNoReset() throws Exception {
    try (EngineUnderTest proxy = start();
        Wire wire = proxy.connect()) {
      wire.send(
          "GET / HTTP/1.1\r\n"
              + "host: a\r\n"
              + "connection: close\r\n\r\n"
              + "GET / HTTP/1.1\r\n"
              + "host: a\r\n\r\n");
      assertThat(wire.response()).hasSizeGreaterThan(BODY.length());
      wire.send("more that nobody reads");
      assertThat(wire.rest()).isEmpty();
      assertThat(proxy.counter("http.in.downstream_rq_total")).isEqualTo(1);
    }
  }
}
