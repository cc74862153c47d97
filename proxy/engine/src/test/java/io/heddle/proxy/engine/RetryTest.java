package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.ManualTime;
import io.heddle.testkit.RefusedPort;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Limits;
import io.heddle.xds.model.ClusterConfig.RetryBudget;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Requests that are sent again, as a route or they themselves want it. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class RetryTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  private static final String FAST = "retry_back_off: {base_interval: 0.001s}";

  private static String answer(int status, String headers, String body) {
    return "HTTP/1.1 "
        + status
        + " Said\r\n"
        + headers
        + "content-length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** Gives these answers, one after the other and the last again and again. */
  private static Upstream saying(List<String> requests, String... answers) {
    AtomicInteger at = new AtomicInteger();
    return new Upstream(wire -> {
      for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
        boolean body = head.contains("content-length: ");
        requests.add(head + (body ? wire.read(Wire.length(head)) : ""));
        wire.send(answers[Math.min(at.getAndIncrement(), answers.length - 1)]);
      }
    });
  }

  private static EngineUnderTest proxy(String policy, int port) {
    return EngineUnderTest.of(
        Yaml.routes("{match: {prefix: /}, route: {cluster: up, retry_policy: {" + policy + "}}}"),
        Configs.cluster("up", port));
  }

  private static long counter(EngineUnderTest proxy, String name) {
    return proxy.counter("cluster.up." + name);
  }

  @Test
  void aFailureIsTriedAgainWithTheWholeBody() throws Exception {
    List<String> requests = new ArrayList<>();
    try (Upstream up =
            saying(requests, answer(503, "", "busy"), answer(500, "", ""), answer(200, "", "ok"));
        EngineUnderTest proxy = proxy("retry_on: 5xx, num_retries: 2, " + FAST, up.port());
        Wire wire = proxy.connect()) {
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabc");
      wire.send("def");
      assertThat(wire.response()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nok");
      assertThat(requests).hasSize(3).allMatch(each -> each.endsWith("\r\n\r\nabcdef"));
      assertThat(counter(proxy, "upstream_rq_retry")).isEqualTo(2);
      assertThat(counter(proxy, "upstream_rq_retry_success")).isEqualTo(1);
      assertThat(counter(proxy, "upstream_rq_retry_backoff_exponential")).isEqualTo(2);
      assertThat(counter(proxy, "retry.upstream_rq_503")).isEqualTo(1);
      assertThat(counter(proxy, "retry.upstream_rq_5xx")).isEqualTo(2);
      assertThat(counter(proxy, "upstream_rq_5xx")).isZero();
      assertThat(counter(proxy, "upstream_rq_2xx")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.upstream_rq_active")).isZero();
    }
  }

  @Test
  void theLastAnswerIsPassedOnWhenTheRetriesAreUsedUp() throws Exception {
    List<String> requests = new ArrayList<>();
    try (Upstream up = saying(requests, answer(503, "", "first"), answer(502, "", "last"));
        EngineUnderTest proxy = proxy("retry_on: gateway-error, " + FAST, up.port())) {
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 502 ").endsWith("\r\n\r\nlast");
      assertThat(requests).hasSize(2);
      assertThat(counter(proxy, "upstream_rq_retry_limit_exceeded")).isEqualTo(1);
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 502 ");
    }
  }

  @Test
  void onlyWhatThePolicyNamesIsTriedAgain() throws Exception {
    String[][] cases = {
      // retry_on and more, what the host answers first, whether there is a second attempt.
      {"retry_on: gateway-error", answer(500, "", ""), "no"},
      {"retry_on: gateway-error", answer(504, "", ""), "yes"},
      {"retry_on: 5xx", answer(404, "", ""), "no"},
      {"retry_on: retriable-4xx", answer(409, "", ""), "yes"},
      {"retry_on: retriable-4xx", answer(408, "", ""), "no"},
      {
        "retry_on: retriable-status-codes, retriable_status_codes: [418]",
        answer(418, "", ""),
        "yes"
      },
      {"retry_on: 'reset,retriable-status-codes'", answer(418, "", ""), "no"},
      {
        "retry_on: retriable-headers, retriable_headers: [{name: x-again, present_match: true}]",
        answer(200, "x-again: 1\r\n", ""),
        "yes"
      },
      {"retry_on: 5xx", answer(503, "x-envoy-ratelimited: true\r\n", ""), "no"},
      {"retry_on: envoy-ratelimited", answer(429, "x-envoy-ratelimited: true\r\n", ""), "yes"},
      {"retry_on: 5xx", answer(503, "x-envoy-overloaded: true\r\n", ""), "yes"},
      {"retry_on: unavailable", answer(200, "grpc-status: 14\r\n", ""), "yes"},
      {"retry_on: 'cancelled,internal'", answer(200, "grpc-status: 13\r\n", ""), "yes"},
      {"retry_on: cancelled", answer(200, "grpc-status: 14\r\n", ""), "no"},
      {
        "retry_on: 5xx, retriable_request_headers: [{name: x-may, present_match: true}]",
        answer(503, "", ""),
        "no"
      },
      {"retry_on: 5xx, num_retries: 0", answer(503, "", ""), "no"},
    };
    for (String[] each : cases) {
      List<String> requests = new ArrayList<>();
      try (Upstream up = saying(requests, each[1], answer(200, "", "second"));
          EngineUnderTest proxy = proxy(each[0] + ", " + FAST, up.port())) {
        String response = proxy.get("/");
        assertThat(response.endsWith("second") ? "yes" : "no")
            .as("%s after %s", each[0], each[1])
            .isEqualTo(each[2]);
      }
    }
  }

  @Test
  void aRequestAsksByItselfAndTheHostIsNotTold() throws Exception {
    List<String> requests = new ArrayList<>();
    try (Upstream up =
            saying(requests, answer(503, "", ""), answer(418, "", ""), answer(200, "", "ok"));
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(
                    // Whose clients are known: only those inside may ask.
                    "use_remote_address: true, internal_address_config: {cidr_ranges:"
                        + " [{address_prefix: 127.0.0.0, prefix_len: 8}]}, "
                        + Yaml.table("routes: [{match: {prefix: /}, route: {cluster: up}}]")),
                Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      assertThat(
              wire.roundTrip(
                  "GET / HTTP/1.1\r\nhost: a\r\nx-envoy-retry-on: 5xx, what,"
                      + " retriable-status-codes\r\nx-envoy-max-retries: 2\r\n"
                      + "x-envoy-retriable-status-codes: 418\r\n\r\n"))
          .endsWith("\r\n\r\nok");
      assertThat(requests).hasSize(3).noneMatch(each -> each.contains("x-envoy-retr"));
      assertThat(wire.roundTrip(GET)).endsWith("\r\n\r\nok");
    }
  }

  @Test
  void anotherHostIsPreferredAfterAFailure() throws Exception {
    try (RefusedPort dead = new RefusedPort();
        Upstream up = Upstream.answering("alive");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.routes(
                    "{match: {prefix: /}, route: {cluster: up, retry_policy: {retry_on:"
                        + " connect-failure, "
                        + FAST
                        + ", host_selection_retry_max_attempts: 5, retry_host_predicate: [{name:"
                        + " p, typed_config: {'@type': type.googleapis.com/"
                        + "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
                        + "}}]}}}"),
                Configs.cluster("up", dead.port(), up.port()))) {
      for (int i = 0; i < 6; i++) {
        assertThat(proxy.get("/")).endsWith("\r\n\r\nalive");
      }
      assertThat(counter(proxy, "upstream_rq_retry")).isPositive();
      assertThat(counter(proxy, "upstream_rq_retry"))
          .isEqualTo(counter(proxy, "upstream_rq_retry_success"));
    }
  }

  @Test
  void aResetIsTriedAgainEvenForAPostWhereThePolicySaysSo() throws Exception {
    AtomicInteger order = new AtomicInteger();
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              if (order.incrementAndGet() > 1) {
                wire.send(answer(200, "", "ok"));
                var _ = wire.rest();
              }
            });
        EngineUnderTest proxy = proxy("retry_on: reset, " + FAST, up.port());
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc"))
          .endsWith("\r\n\r\nok");
      assertThat(order).hasValue(2);
    }
  }

  @Test
  void aBodyThatIsTooLongIsSentOnce() throws Exception {
    List<String> requests = new ArrayList<>();
    String body = "x".repeat(3 << 20);
    try (Upstream up = saying(requests, answer(503, "", "busy"));
        EngineUnderTest proxy = proxy("retry_on: 5xx, " + FAST, up.port());
        Wire wire = proxy.connect()) {
      assertThat(
              wire.roundTrip(
                  "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body))
          .startsWith("HTTP/1.1 503 ")
          .endsWith("busy");
      assertThat(requests).hasSize(1);
      assertThat(counter(proxy, "retry_or_shadow_abandoned")).isEqualTo(1);
    }
  }

  @Test
  void thereAreNoMoreRetriesAtOnceThanTheBreakerAllows() throws Exception {
    Thresholds[] none = {
      new Thresholds(1024, 1024, 1024, 0),
      new Thresholds(1024, 1024, 1024, 9, Optional.of(new RetryBudget(20, 0)), Limits.NONE),
    };
    for (Thresholds thresholds : none) {
      List<String> requests = new ArrayList<>();
      try (Upstream up = saying(requests, answer(503, "", "busy"));
          EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
        proxy.cluster(
            Configs.cluster("up", new CircuitBreakers(thresholds, Thresholds.DEFAULT), up.port()));
        proxy.bind(
            Yaml.routes(
                "{match: {prefix: /}, route: {cluster: up, retry_policy: {retry_on: 5xx}}}"));
        assertThat(proxy.get("/")).startsWith("HTTP/1.1 503 ").endsWith("busy");
        assertThat(requests).hasSize(1);
        assertThat(counter(proxy, "upstream_rq_retry_overflow")).isEqualTo(1);
      }
    }
  }

  @Test
  void theVirtualHostsPolicyIsForRoutesThatHaveNone() throws Exception {
    List<String> requests = new ArrayList<>();
    try (Upstream up = saying(requests, answer(503, "", "busy"));
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(
                    Yaml.table(
                        "retry_policy: {retry_on: 5xx, num_retries: 2, "
                            + FAST
                            + "}, routes: [{match: {prefix: /own}, route: {cluster: up,"
                            + " retry_policy: {retry_on: reset}}}, {match: {prefix: /}, route:"
                            + " {cluster: up}}]")),
                Configs.cluster("up", up.port()))) {
      assertThat(proxy.get("/own")).endsWith("busy");
      assertThat(requests).hasSize(1);
      assertThat(proxy.get("/")).endsWith("busy");
      assertThat(requests).hasSize(4);
    }
  }

  // --- with a clock that the tests move ---

  private final ManualTime time = new ManualTime();

  private EngineUnderTest still(String policy, int port) {
    EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).clock(time).nanoTime(time::nanoTime));
    proxy.cluster(Configs.cluster("up", port));
    proxy.bind(
        Yaml.routes("{match: {prefix: /}, route: {cluster: up, retry_policy: {" + policy + "}}}"));
    return proxy;
  }

  @Test
  void anAttemptHasItsOwnTime() throws Exception {
    List<String> requests = new ArrayList<>();
    try (Upstream up =
            new Upstream(wire -> {
              for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
                requests.add(head);
                if (requests.size() == 2) {
                  wire.send(answer(200, "", "second"));
                }
              }
            });
        EngineUnderTest proxy =
            still("retry_on: 5xx, num_retries: 1, per_try_timeout: 1s", up.port());
        Wire wire = proxy.connect()) {
      wire.send(GET);
      EngineUnderTest.await(() -> requests.size() == 1);
      time.advance(Duration.ofMillis(900));
      assertThat(counter(proxy, "upstream_rq_per_try_timeout")).isZero();
      time.advance(Duration.ofMillis(200));
      EngineUnderTest.await(() -> counter(proxy, "upstream_rq_retry_backoff_exponential") == 1);
      time.advance(Duration.ofMillis(100));
      assertThat(wire.response()).endsWith("\r\n\r\nsecond");
      wire.send(GET);
      EngineUnderTest.await(() -> requests.size() == 3);
      for (int i = 0; i < 2; i++) {
        long before = counter(proxy, "upstream_rq_per_try_timeout");
        time.advance(Duration.ofMillis(1_100));
        EngineUnderTest.await(() -> counter(proxy, "upstream_rq_per_try_timeout") == before + 1);
        time.advance(Duration.ofMillis(100));
        if (i == 0) {
          EngineUnderTest.await(() -> requests.size() == 4);
        }
      }
      assertThat(wire.response()).startsWith("HTTP/1.1 504 ").endsWith("upstream request timeout");
    }
  }

  @Test
  void anAttemptMayNotBeSilentForLong() throws Exception {
    List<String> requests = new ArrayList<>();
    try (Upstream up =
            new Upstream(wire -> {
              for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
                requests.add(head);
                if (requests.size() == 2) {
                  wire.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
                }
              }
            });
        EngineUnderTest proxy = still("retry_on: 5xx, per_try_idle_timeout: 1s", up.port());
        Wire wire = proxy.connect()) {
      wire.send(GET);
      EngineUnderTest.await(() -> requests.size() == 1);
      time.advance(Duration.ofMillis(1_100));
      EngineUnderTest.await(() -> counter(proxy, "upstream_rq_retry_backoff_exponential") == 1);
      time.advance(Duration.ofMillis(100));
      EngineUnderTest.await(() -> requests.size() == 2);
      // The second has begun to answer, and says nothing more: it is too late for a third.
      EngineUnderTest.await(() -> counter(proxy, "upstream_rq_2xx") == 1);
      time.advance(Duration.ofMillis(1_100));
      assertThat(wire.rest()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nabc");
      assertThat(counter(proxy, "upstream_rq_per_try_idle_timeout")).isEqualTo(2);
      assertThat(requests).hasSize(2);
      assertThat(proxy.gauge("cluster.up.upstream_rq_active")).isZero();
    }
  }

  @Test
  void anAttemptThatSpeaksIsNotIdle() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    Semaphore go = new Semaphore(0);
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.head();
              asked.countDown();
              go.acquireUninterruptibly();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na");
              go.acquireUninterruptibly();
              wire.send("b");
              var _ = wire.rest();
            });
        EngineUnderTest proxy = still("per_try_idle_timeout: 1s", up.port());
        Wire wire = proxy.connect()) {
      wire.send(GET);
      asked.await();
      time.advance(Duration.ofMillis(900));
      go.release();
      EngineUnderTest.await(() -> counter(proxy, "upstream_rq_2xx") == 1);
      time.advance(Duration.ofMillis(900));
      go.release();
      assertThat(wire.response()).endsWith("\r\n\r\nab");
      time.advance(Duration.ofSeconds(9));
      assertThat(counter(proxy, "upstream_rq_per_try_idle_timeout")).isZero();
    }
  }

  @Test
  void aHostSaysWhenItWantsTheRequestAgain() throws Exception {
    List<String> requests = new ArrayList<>();
    try (Upstream up =
            saying(requests, answer(503, "retry-after: 5\r\n", ""), answer(200, "", "ok"));
        EngineUnderTest proxy =
            still(
                "retry_on: 5xx, rate_limited_retry_back_off: {reset_headers: [{name: Retry-After,"
                    + " format: SECONDS}]}",
                up.port());
        Wire wire = proxy.connect()) {
      wire.send(GET);
      EngineUnderTest.await(() -> counter(proxy, "upstream_rq_retry_backoff_ratelimited") == 1);
      time.advance(Duration.ofMillis(4_900));
      assertThat(requests).hasSize(1);
      time.advance(Duration.ofMillis(2_700));
      assertThat(wire.response()).endsWith("\r\n\r\nok");
      // What is left of 15 seconds.
      assertThat(requests.getFirst()).contains("x-envoy-expected-rq-timeout-ms: 15000\r\n");
      assertThat(requests.getLast()).contains("x-envoy-expected-rq-timeout-ms: 7400\r\n");
    }
  }

  @Test
  void theTimeOfAllAttemptsEndsTheWaitForTheNext() throws Exception {
    List<String> requests = new ArrayList<>();
    try (Upstream up = saying(requests, answer(503, "retry-after: 60\r\n", ""));
        EngineUnderTest proxy =
            still(
                "retry_on: 5xx, rate_limited_retry_back_off: {reset_headers: [{name:"
                    + " retry-after}]}",
                up.port());
        Wire wire = proxy.connect()) {
      wire.send(GET);
      EngineUnderTest.await(() -> counter(proxy, "upstream_rq_retry_backoff_ratelimited") == 1);
      time.advance(Duration.ofSeconds(16));
      assertThat(wire.response()).startsWith("HTTP/1.1 504 ");
      time.advance(Duration.ofMinutes(2));
      // Another request is under way when the retry would have come.
      wire.send(GET);
      EngineUnderTest.await(() -> counter(proxy, "upstream_rq_retry_backoff_ratelimited") == 2);
      assertThat(requests).hasSize(2);
      assertThat(counter(proxy, "upstream_rq_retry")).isZero();
      assertThat(proxy.gauge("cluster.up.circuit_breakers.default.rq_retry_open")).isZero();
    }
  }

  // --- what is wrong ---

  @Test
  void whatIsWrongIsNamed() {
    String[][] cases = {
      {"retry_on: often", "retry_on"},
      {"num_retries: 1001", "num_retries"},
      {"retry_back_off: {max_interval: 1s}", "base_interval"},
      {"retry_back_off: {base_interval: 2s, max_interval: 1s}", "max_interval"},
      {"retriable_status_codes: [99]", "retriable_status_codes[0]"},
      {"rate_limited_retry_back_off: {max_interval: 1s}", "reset_headers"},
      {"per_try_idle_timeout: -1s", "per_try_idle_timeout"},
      {"host_selection_retry_max_attempts: -1", "host_selection_retry_max_attempts"},
      {"retry_host_predicate: [{name: x}]", "retry_host_predicate[0].name"},
    };
    for (String[] each : cases) {
      assertThat(
              Yaml.refused(
                  Yaml.table(
                      "routes: [{match: {prefix: /}, route: {cluster: up, retry_policy: {"
                          + each[0]
                          + "}}}]")))
          .contains(
              "retry_policy."
                  + (each[0].startsWith("retry_back")
                      ? "retry_back_off."
                      : each[0].startsWith("rate_lim") ? "rate_limited_retry_back_off." : "")
                  + each[1]);
    }
  }
}
