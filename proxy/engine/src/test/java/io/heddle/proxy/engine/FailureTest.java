package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.RefusedPort;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What clients get when hosts fail, and hosts when clients do. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class FailureTest {
  @Test
  void refusedConnectionBecomes503AsInEnvoy() throws Exception {
    try (RefusedPort up = new RefusedPort();
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()))) {
      assertThat(proxy.get("/"))
          .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
          .endsWith(
              "upstream connect error or disconnect/reset before headers. reset reason:"
                  + " remote connection failure");
      assertThat(proxy.counter("cluster.up.upstream_cx_connect_fail")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.upstream_cx_active")).isZero();
      assertThat(proxy.gauge("cluster.up.upstream_rq_pending_active")).isZero();
    }
  }

  @Test
  void emptyClusterIsUnhealthyAndMissingClusterAndRouteAreNamed() throws Exception {
    try (EngineUnderTest proxy =
        EngineUnderTest.of(
            new Configs.Http()
                .routes(Configs.forward("/empty", "empty"), Configs.forward("/none", "none"))
                .listener(),
            Configs.cluster("empty"))) {
      assertThat(proxy.get("/empty")).startsWith("HTTP/1.1 503 ").endsWith("no healthy upstream");
      assertThat(proxy.get("/none"))
          .startsWith("HTTP/1.1 503 ")
          .endsWith("content-length: 0\r\n\r\n");
      assertThat(proxy.get("/other")).startsWith("HTTP/1.1 404 ");
      assertThat(proxy.counter("http.in.no_cluster")).isEqualTo(1);
      assertThat(proxy.counter("http.in.no_route")).isEqualTo(1);
      assertThat(proxy.counter("cluster.empty.upstream_cx_none_healthy")).isEqualTo(1);
    }
  }

  @Test
  void closeBeforeResponseBecomes503AndIsNotRetriedOnFreshConnections() throws Exception {
    AtomicInteger seen = new AtomicInteger();
    try (Upstream up =
            new Upstream(wire -> {
              seen.incrementAndGet();
              var _ = wire.request();
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()))) {
      assertThat(proxy.get("/"))
          .startsWith("HTTP/1.1 503 ")
          .endsWith("reset reason: connection termination");
      assertThat(seen).hasValue(1);
    }
  }

  @Test
  void staleKeptAliveConnectionIsRetriedOnceForIdempotentRequestsOnly() throws Exception {
    CountDownLatch closeNow = new CountDownLatch(1);
    AtomicInteger order = new AtomicInteger();
    try (Upstream up =
            new Upstream(wire -> {
              int mine = order.incrementAndGet();
              while (true) {
                if (wire.request() == null) {
                  return;
                }
                // Each connection answers once and dies of its second request.
                wire.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n" + mine);
                if (wire.request() != null) {
                  return;
                }
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      closeNow.countDown();
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith("\r\n\r\n1");
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith("\r\n\r\n2");
      assertThat(wire.roundTrip("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"))
          .startsWith("HTTP/1.1 503 ");
      assertThat(proxy.counter("cluster.up.upstream_rq_retry")).isEqualTo(1);
      assertThat(proxy.counter("cluster.up.upstream_rq_retry_success")).isEqualTo(1);
    }
  }

  @Test
  void bothSidesAreToldOfAttemptsWhereTheVirtualHostSaysSo() throws Exception {
    String host =
        Yaml.table(
            "include_request_attempt_count: true, include_attempt_count_in_response: true,"
                + " routes: [{match: {prefix: /dead}, route: {cluster: dead}},"
                + " {match: {prefix: /direct}, direct_response: {status: 200}},"
                + " {match: {prefix: /}, route: {cluster: up}}]");
    int dead;
    try (Upstream closed = Upstream.answering("")) {
      dead = closed.port();
    }
    try (Upstream up =
            new Upstream(wire -> {
              // Each connection answers once and dies of its second request.
              while (wire.request() != null) {
                wire.send(
                    "HTTP/1.1 200 OK\r\nx-envoy-attempt-count: 7\r\ncontent-length: 0\r\n\r\n");
                if (wire.request() != null) {
                  return;
                }
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(host), Configs.cluster("up", up.port()), Configs.cluster("dead", dead));
        Wire wire = proxy.connect()) {
      String get = "GET / HTTP/1.1\r\nhost: a\r\nx-envoy-attempt-count: 5\r\n\r\n";
      assertThat(wire.roundTrip(get)).containsOnlyOnce("x-envoy-attempt-count: 1\r\n");
      assertThat(wire.roundTrip(get)).containsOnlyOnce("x-envoy-attempt-count: 2\r\n");
      assertThat(proxy.get("/dead"))
          .startsWith("HTTP/1.1 503 ")
          .contains("x-envoy-attempt-count: 1\r\n");
      assertThat(proxy.get("/direct")).doesNotContain("x-envoy-attempt-count");
      assertThat(up.heads)
          .extracting(head -> head.replaceAll("(?s).*x-envoy-attempt-count: (.).*", "$1"))
          .containsExactly("1", "1", "2");
    }
  }

  @Test
  void nobodyIsToldOfAttemptsUnlessTheVirtualHostSaysSo() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()))) {
      assertThat(proxy.get("/")).doesNotContain("x-envoy-attempt-count");
      assertThat(up.heads.getFirst()).doesNotContain("x-envoy-attempt-count");
    }
  }

  @Test
  void closeWithinResponseEndsTheClientsConnection() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(wire.head()).startsWith("HTTP/1.1 200");
      assertThat(wire.rest()).isEqualTo("half");
      assertThat(proxy.counter("http.in.downstream_rq_tx_reset")).isEqualTo(1);
    }
  }

  @Test
  void responseUntilCloseIsWholeAtTheClose() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\n\r\nall of it");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n"))
          .endsWith("\r\n\r\n9\r\nall of it\r\n0\r\n\r\n");
      assertThat(proxy.gauge("http.in.downstream_cx_active")).isEqualTo(1);
    }
  }

  @Test
  void aConnectionIsCountedBeforeItSaysAnythingAndOnlyOnce() throws Exception {
    try (EngineUnderTest proxy =
        EngineUnderTest.of(Chains.listener("'stat_prefix':'in'", Chains.saying("x", "")))) {
      Wire wire = proxy.connect();
      EngineUnderTest.await(() -> proxy.gauge("listener.in.downstream_cx_active") == 1);
      assertThat(proxy.gauge("http.in.downstream_cx_active")).isEqualTo(1);
      assertThat(proxy.counter("http.in.downstream_cx_http1_total")).isZero();
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith("x");
      assertThat(proxy.counter("listener.in.downstream_cx_total")).isEqualTo(1);
      assertThat(proxy.counter("http.in.downstream_cx_total")).isEqualTo(1);
      assertThat(proxy.counter("http.in.downstream_cx_http1_total")).isEqualTo(1);
      wire.close();
      proxy.connect().close();
      EngineUnderTest.await(() ->
          proxy.counter("listener.in.downstream_cx_destroy") == 2
              && proxy.gauge("http.in.downstream_cx_active") == 0);
      assertThat(proxy.counter("http.in.downstream_cx_destroy")).isEqualTo(2);
      assertThat(proxy.counter("http.in.downstream_cx_destroy_remote")).isEqualTo(2);
      assertThat(proxy.gauge("http.in.downstream_cx_http1_active")).isZero();
    }
  }

  @Test
  void clientGoneCancelsTheUpstream() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch gone = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              asked.countDown();
              if (wire.in.read() < 0) {
                gone.countDown();
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()))) {
      Wire wire = proxy.connect();
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      asked.await();
      wire.close();
      gone.await();
      EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_cx_active") == 0);
      assertThat(proxy.counter("http.in.downstream_rq_rx_reset")).isEqualTo(1);
      assertThat(proxy.counter("cluster.up.upstream_rq_tx_reset")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.upstream_rq_active")).isZero();
      assertThat(proxy.gauge("cluster.up.upstream_cx_active")).isZero();
    }
  }

  @Test
  void bytesAfterAResponseAreNoOnesResponse() throws Exception {
    CountDownLatch otherWaits = new CountDownLatch(1);
    AtomicInteger order = new AtomicInteger();
    Thresholds one = new Thresholds(1, 1024, 1024, 3);
    try (Upstream up =
            new Upstream(wire -> {
              boolean first = order.incrementAndGet() == 1;
              if (wire.request() == null) {
                return;
              }
              if (first) {
                await(otherWaits);
                wire.send(
                    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst"
                        + "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged");
              } else {
                wire.send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecond");
              }
              var _ = wire.rest();
            });
        EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      proxy.cluster(Configs.cluster("up", new CircuitBreakers(one, Thresholds.DEFAULT), up.port()));
      proxy.bind(new Configs.Http().listener());
      try (Wire first = proxy.connect();
          Wire second = proxy.connect()) {
        first.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        EngineUnderTest.await(() -> up.heads.size() == 1);
        second.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_rq_pending_active") == 1);
        otherWaits.countDown();
        assertThat(first.response()).endsWith("\r\n\r\nfirst");
        assertThat(second.response()).endsWith("\r\n\r\nsecond");
      }
      assertThat(up.connections).hasValue(2);
      assertThat(proxy.counter("cluster.up.upstream_cx_protocol_error")).isEqualTo(1);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void breakersRefuseWithOverflow() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    Thresholds one = new Thresholds(1024, 1024, 1, 3);
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              asked.countDown();
              try {
                answer.await();
              } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
              }
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(
                new Configs.Http().listener(),
                Configs.cluster("up", new CircuitBreakers(one, Thresholds.DEFAULT), up.port()));
        Wire first = proxy.connect()) {
      first.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      asked.await();
      assertThat(proxy.gauge("cluster.up.circuit_breakers.default.rq_open")).isEqualTo(1);
      assertThat(proxy.get("/"))
          .startsWith("HTTP/1.1 503 ")
          .contains("x-envoy-overloaded: true\r\n")
          .endsWith("reset reason: overflow");
      answer.countDown();
      assertThat(first.response()).startsWith("HTTP/1.1 200");
      assertThat(proxy.gauge("cluster.up.circuit_breakers.default.rq_open")).isZero();
    }
  }

  @Test
  void requestsWaitForAConnectionWhereNoMoreMayBeOpened() throws Exception {
    Thresholds one = new Thresholds(1, 1024, 1024, 3);
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      proxy.cluster(Configs.cluster("up", new CircuitBreakers(one, Thresholds.DEFAULT), up.port()));
      proxy.bind(new Configs.Http().listener());
      Wire[] wires = new Wire[8];
      for (int i = 0; i < wires.length; i++) {
        wires[i] = proxy.connect();
        wires[i].send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      }
      for (Wire wire : wires) {
        assertThat(wire.response()).endsWith("\r\n\r\nx");
        wire.close();
      }
      assertThat(up.connections).hasValue(1);
    }
  }
}
