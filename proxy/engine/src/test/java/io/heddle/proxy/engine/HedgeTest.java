package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.ManualTime;
import io.heddle.testkit.RefusedPort;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Requests that are under way at several hosts, of whose answers the first good one counts. */
class HedgeTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  private static final CircuitBreakers MANY =
      new CircuitBreakers(new Thresholds(1024, 1024, 1024, 100), Thresholds.DEFAULT);

  private final ManualTime time = new ManualTime();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger gone = new AtomicInteger();

  /** What becomes of the attempt of this number, from 1: an answer at once, or null for none. */
  private interface Script {
    @Nullable String answer(int attempt);
  }

  private static String answer(int status, String body) {
    return "HTTP/1.1 " + status + " Said\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
  }

  /** Answers by number of the attempt; one without an answer stays until it is given up. */
  private Upstream upstream(Script script) {
    AtomicInteger attempts = new AtomicInteger();
    return new Upstream(wire -> {
      for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
        boolean body = head.contains("content-length: ");
        String whole = head + (body ? wire.read(Wire.length(head)) : "");
        int number = attempts.incrementAndGet();
        requests.add(whole);
        String answer = script.answer(number);
        if (answer != null) {
          wire.send(answer);
        }
      }
      gone.incrementAndGet();
    });
  }

  private EngineUnderTest proxy(String route, ClusterConfig cluster) {
    EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).clock(time).nanoTime(time::nanoTime));
    proxy.cluster(cluster);
    proxy.bind(Yaml.routes("{match: {prefix: /}, " + route + "}"));
    return proxy;
  }

  private static long counter(EngineUnderTest proxy, String name) {
    return proxy.counter("cluster.up." + name);
  }

  private void nothingIsLeft(EngineUnderTest proxy) {
    EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_rq_active") == 0);
    assertThat(proxy.gauge("cluster.up.circuit_breakers.default.rq_open")).isZero();
    proxy.cluster(
        Configs.cluster(
            "up", new CircuitBreakers(new Thresholds(1024, 1024, 1, 1), Thresholds.DEFAULT), 1));
    // One would be open now if anything had not been given back.
    assertThat(proxy.gauge("cluster.up.circuit_breakers.default.rq_open")).isZero();
    assertThat(proxy.gauge("cluster.up.circuit_breakers.default.rq_retry_open")).isZero();
  }

  private static final String PER_TRY =
      "route: {cluster: up, hedge_policy: {hedge_on_per_try_timeout: true}, retry_policy:"
          + " {retry_on: 5xx, num_retries: 2, per_try_timeout: 1s, retry_back_off: {base_interval:"
          + " 0.001s}}}";

  @Test
  void anAttemptThatTakesTooLongGoesOnBesideTheNext() throws Exception {
    try (Upstream up = upstream(number -> number == 2 ? answer(200, "second") : null);
        EngineUnderTest proxy = proxy(PER_TRY, Configs.cluster("up", MANY, up.port()));
        Wire wire = proxy.connect()) {
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabcdef");
      EngineUnderTest.await(() -> requests.size() == 1);
      time.advance(Duration.ofMillis(1_100));
      assertThat(wire.response()).endsWith("\r\n\r\nsecond");
      assertThat(requests).hasSize(2).allMatch(each -> each.endsWith("\r\n\r\nabcdef"));
      // The loser is given up.
      EngineUnderTest.await(() -> gone.get() == 1);
      assertThat(counter(proxy, "upstream_rq_per_try_timeout")).isEqualTo(1);
      assertThat(counter(proxy, "upstream_rq_hedge")).isEqualTo(1);
      assertThat(counter(proxy, "upstream_rq_hedge_won")).isEqualTo(1);
      assertThat(counter(proxy, "upstream_rq_retry")).isEqualTo(1);
      assertThat(counter(proxy, "upstream_rq_2xx")).isEqualTo(1);
      nothingIsLeft(proxy);
    }
  }

  @Test
  void theFirstMayStillAnswerAfterItsTime() throws Exception {
    Semaphore late = new Semaphore(0);
    try (Upstream up =
            upstream(number -> {
              if (number == 1) {
                late.acquireUninterruptibly();
                return answer(200, "first");
              }
              return null;
            });
        EngineUnderTest proxy = proxy(PER_TRY, Configs.cluster("up", MANY, up.port()));
        Wire wire = proxy.connect()) {
      wire.send(GET);
      EngineUnderTest.await(() -> requests.size() == 1);
      time.advance(Duration.ofMillis(1_100));
      EngineUnderTest.await(() -> requests.size() == 2);
      late.release();
      assertThat(wire.response()).endsWith("\r\n\r\nfirst");
      EngineUnderTest.await(() -> gone.get() == 1);
      assertThat(counter(proxy, "upstream_rq_hedge_won")).isZero();
      nothingIsLeft(proxy);
    }
  }

  @Test
  void aBadAnswerIsPassedOverWhileAnotherMayCome() throws Exception {
    Semaphore first = new Semaphore(0);
    Semaphore second = new Semaphore(0);
    try (Upstream up =
            upstream(number -> {
              (number == 1 ? first : second).acquireUninterruptibly();
              return number == 1 ? answer(503, "busy") : answer(200, "second");
            });
        EngineUnderTest proxy = proxy(PER_TRY, Configs.cluster("up", MANY, up.port()));
        Wire wire = proxy.connect()) {
      wire.send(GET);
      EngineUnderTest.await(() -> requests.size() == 1);
      time.advance(Duration.ofMillis(1_100));
      EngineUnderTest.await(() -> requests.size() == 2);
      first.release();
      EngineUnderTest.await(() -> counter(proxy, "retry.upstream_rq_503") == 1);
      second.release();
      assertThat(wire.response()).endsWith("\r\n\r\nsecond");
      nothingIsLeft(proxy);
    }
  }

  @Test
  void theLastBadAnswerIsTheClients() throws Exception {
    Semaphore go = new Semaphore(0);
    String route =
        "route: {cluster: up, hedge_policy: {initial_requests: 2}, retry_policy: {retry_on: 5xx,"
            + " num_retries: 0}}";
    try (Upstream up =
            upstream(number -> {
              go.acquireUninterruptibly();
              return answer(503, "busy");
            });
        EngineUnderTest proxy = proxy(route, Configs.cluster("up", MANY, up.port()));
        Wire wire = proxy.connect()) {
      wire.send(GET);
      EngineUnderTest.await(() -> requests.size() == 2);
      go.release(2);
      assertThat(wire.response()).startsWith("HTTP/1.1 503 ").endsWith("busy");
      assertThat(counter(proxy, "upstream_rq_503")).isEqualTo(1);
      assertThat(requests).hasSize(2);
      nothingIsLeft(proxy);
    }
  }

  @Test
  void severalGoAtOnceOnlyWhereTwiceIsAsOnce() throws Exception {
    String route =
        "route: {cluster: up, hedge_policy: {initial_requests: 2, additional_request_chance:"
            + " {numerator: 100}}}";
    try (Upstream up =
            upstream(number -> {
              // Nobody is given up before all are there.
              EngineUnderTest.await(() -> requests.size() >= 3);
              return number == 1 ? null : answer(200, "n" + number);
            });
        EngineUnderTest proxy = proxy(route, Configs.cluster("up", MANY, up.port()));
        Wire wire = proxy.connect()) {
      wire.send(GET);
      assertThat(wire.response()).startsWith("HTTP/1.1 200 ");
      assertThat(counter(proxy, "upstream_rq_hedge")).isEqualTo(2);
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\na");
      assertThat(wire.response()).startsWith("HTTP/1.1 200 ");
      assertThat(counter(proxy, "upstream_rq_hedge")).isEqualTo(2);
      nothingIsLeft(proxy);
    }
  }

  @Test
  void oneThatTakesLongerThanMostIsSentOnceMore() throws Exception {
    String route =
        "metadata: {filter_metadata: {heddle.hedging: {after_percentile: 90, min_samples: 20,"
            + " min_delay: 0.05s}}}, route: {cluster: up}";
    try (Upstream up = upstream(number -> number == 21 ? null : answer(200, "n" + number));
        EngineUnderTest proxy = proxy(route, Configs.cluster("up", MANY, up.port()));
        Wire wire = proxy.connect()) {
      for (int i = 1; i <= 20; i++) {
        assertThat(wire.roundTrip(GET)).endsWith("n" + i);
      }
      wire.send(GET);
      EngineUnderTest.await(() -> requests.size() == 21);
      time.advance(Duration.ofMillis(40));
      assertThat(counter(proxy, "upstream_rq_hedge")).isZero();
      time.advance(Duration.ofMillis(20));
      assertThat(wire.response()).endsWith("n22");
      assertThat(counter(proxy, "upstream_rq_hedge")).isEqualTo(1);
      assertThat(counter(proxy, "upstream_rq_hedge_won")).isEqualTo(1);
      nothingIsLeft(proxy);
    }
  }

  @Test
  void thereAreNoMoreAtOnceThanRetriesMayBe() throws Exception {
    CircuitBreakers none =
        new CircuitBreakers(new Thresholds(1024, 1024, 1024, 0), Thresholds.DEFAULT);
    try (Upstream up = upstream(number -> answer(200, "n" + number));
        EngineUnderTest proxy =
            proxy(
                "route: {cluster: up, hedge_policy: {initial_requests: 3}}",
                Configs.cluster("up", none, up.port()));
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(GET)).endsWith("n1");
      assertThat(counter(proxy, "upstream_rq_hedge_overflow")).isEqualTo(2);
      assertThat(requests).hasSize(1);
    }
  }

  @Test
  void whatEndsWithoutAnAnswerIsNotTheEndOfTheOthers() throws Exception {
    Semaphore go = new Semaphore(0);
    try (RefusedPort dead = new RefusedPort();
        Upstream up =
            upstream(number -> {
              go.acquireUninterruptibly();
              return answer(200, "alive");
            });
        EngineUnderTest proxy =
            proxy(
                "route: {cluster: up, hedge_policy: {initial_requests: 2}}",
                Configs.cluster("up", MANY, dead.port(), up.port()));
        Wire wire = proxy.connect()) {
      // Whichever of the two is chosen first.
      for (int i = 0; i < 4; i++) {
        long failed = counter(proxy, "upstream_cx_connect_fail");
        wire.send(GET);
        EngineUnderTest.await(() -> counter(proxy, "upstream_cx_connect_fail") > failed);
        go.release(2);
        assertThat(wire.response()).endsWith("\r\n\r\nalive");
        go.drainPermits();
      }
      nothingIsLeft(proxy);
    }
  }

  @Test
  void aClientThatGoesTakesAllAttemptsWithIt() throws Exception {
    try (Upstream up = upstream(_ -> null);
        EngineUnderTest proxy =
            proxy(
                "route: {cluster: up, hedge_policy: {initial_requests: 3}}",
                Configs.cluster("up", MANY, up.port()))) {
      try (Wire wire = proxy.connect()) {
        wire.send(GET);
        EngineUnderTest.await(() -> requests.size() == 3);
      }
      EngineUnderTest.await(() -> gone.get() == 3);
      nothingIsLeft(proxy);
    }
  }

  @Test
  void whatIsWrongIsNamed() {
    String[][] cases = {
      {
        "route: {cluster: up, hedge_policy: {initial_requests: 0}}", "hedge_policy.initial_requests"
      },
      {
        "route: {cluster: up}, metadata: {filter_metadata: {heddle.hedging: {after_percentile:"
            + " 20}}}",
        "filter_metadata[\"heddle.hedging\"].after_percentile"
      },
      {
        "route: {cluster: up}, metadata: {filter_metadata: {heddle.hedging: {soon: 20}}}",
        "filter_metadata[\"heddle.hedging\"].soon"
      },
    };
    for (String[] each : cases) {
      assertThat(Yaml.refused(Yaml.table("routes: [{match: {prefix: /}, " + each[0] + "}]")))
          .contains(each[1]);
    }
  }
}
