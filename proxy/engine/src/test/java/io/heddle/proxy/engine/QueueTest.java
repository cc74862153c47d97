package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Limits;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** How many connections and pools there may be, and how long requests wait for them. */
class QueueTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

  private final ManualTime time = new ManualTime();

  private static CircuitBreakers breakers(long connections, Limits limits) {
    return new CircuitBreakers(
        new Thresholds(connections, 1024, 1024, 3, Optional.empty(), limits), Thresholds.DEFAULT);
  }

  /** Answers once it may. */
  private static Upstream waiting(CountDownLatch asked, CountDownLatch go) {
    return new Upstream(wire -> {
      while (wire.request() != null) {
        asked.countDown();
        try {
          go.await();
        } catch (InterruptedException interrupted) {
          throw new AssertionError(interrupted);
        }
        wire.send(OK);
      }
    });
  }

  private EngineUnderTest proxy(CircuitBreakers breakers, int... ports) {
    EngineUnderTest proxy =
        new EngineUnderTest(Engine.builder().concurrency(1).clock(time).nanoTime(time::nanoTime));
    proxy.cluster(Configs.cluster("up", breakers, ports));
    proxy.bind(new Configs.Http().listener());
    return proxy;
  }

  @Test
  void aRequestWaitsForAConnectionNoLongerThanItMay() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Limits limits = new Limits(Long.MAX_VALUE, Long.MAX_VALUE, false, Duration.ofSeconds(1));
    try (Upstream up = waiting(asked, go);
        EngineUnderTest proxy = proxy(breakers(1, limits), up.port());
        Wire first = proxy.connect();
        Wire second = proxy.connect();
        Wire third = proxy.connect()) {
      first.send(GET);
      asked.await();
      second.send(GET);
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_rq_pending_active") == 1);
      time.advance(Duration.ofMillis(600));
      third.send(GET);
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_rq_pending_active") == 2);
      time.advance(Duration.ofMillis(500));
      assertThat(second.response())
          .startsWith("HTTP/1.1 503 ")
          .contains("retry-after: 1\r\n", "x-envoy-overloaded: true\r\n")
          .endsWith("reset reason: overflow");
      assertThat(proxy.counter("cluster.up.upstream_rq_pending_time_limit")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.upstream_rq_pending_active")).isEqualTo(1);
      go.countDown();
      assertThat(first.response()).startsWith("HTTP/1.1 200 ");
      assertThat(third.response()).startsWith("HTTP/1.1 200 ");
      time.advance(Duration.ofSeconds(5));
      assertThat(proxy.counter("cluster.up.upstream_rq_pending_time_limit")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.circuit_breakers.default.rq_pending_open")).isZero();
    }
  }

  @Test
  void aHostHasNoMoreConnectionsThanItMay() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (Upstream up = waiting(asked, go);
        EngineUnderTest proxy =
            proxy(breakers(1024, new Limits(Long.MAX_VALUE, 1, false, Duration.ZERO)), up.port());
        Wire first = proxy.connect();
        Wire second = proxy.connect()) {
      first.send(GET);
      asked.await();
      second.send(GET);
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_rq_pending_active") == 1);
      assertThat(proxy.counter("cluster.up.upstream_cx_overflow")).isPositive();
      go.countDown();
      assertThat(first.response()).startsWith("HTTP/1.1 200 ");
      assertThat(second.response()).startsWith("HTTP/1.1 200 ");
      assertThat(up.connections).hasValue(1);
      assertThat(proxy.gauge("cluster.up.upstream_cx_active")).isEqualTo(1);
    }
  }

  @Test
  void thereAreNoMorePoolsThanThereMayBe() throws Exception {
    Limits one = new Limits(1, Long.MAX_VALUE, true, Duration.ZERO);
    try (Upstream up = Upstream.answering("x");
        Upstream other = Upstream.answering("y");
        EngineUnderTest proxy = proxy(breakers(1024, one), up.port(), other.port())) {
      String first = proxy.get("/");
      assertThat(first).startsWith("HTTP/1.1 200 ");
      assertThat(proxy.gauge("cluster.up.circuit_breakers.default.cx_pool_open")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.circuit_breakers.default.remaining_cx_pools")).isZero();
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 503 ").endsWith("reset reason: overflow");
      assertThat(proxy.counter("cluster.up.upstream_cx_pool_overflow")).isEqualTo(1);
      // The host that has the pool goes, and its pool with it.
      boolean firstWasUp = first.endsWith("x");
      proxy.cluster(
          Configs.cluster("up", breakers(1024, one), firstWasUp ? other.port() : up.port()));
      EngineUnderTest.await(
          () -> proxy.gauge("cluster.up.circuit_breakers.default.cx_pool_open") == 0);
      assertThat(proxy.get("/")).endsWith(firstWasUp ? "y" : "x");
    }
  }
}
