package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Endpoint;
import io.heddle.xds.model.EndpointsConfig.Health;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.EndpointsConfig.LocalityEndpoints;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.SocketEndpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Hosts of a cluster: how they are chosen, and how they come and go under load. */
class ClusterTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

  private static ClusterConfig eds(LbPolicy policy) {
    return Configs.cluster(
        "up", new Discovery.Eds("service", Duration.ZERO), policy, CircuitBreakers.DEFAULT);
  }

  private static int[] count(EngineUnderTest proxy, int requests, String... bodies)
      throws Exception {
    int[] counts = new int[bodies.length];
    try (Wire wire = proxy.connect()) {
      for (int i = 0; i < requests; i++) {
        String response = wire.roundTrip(GET);
        for (int b = 0; b < bodies.length; b++) {
          if (response.endsWith("\r\n\r\n" + bodies[b])) {
            counts[b]++;
          }
        }
      }
    }
    return counts;
  }

  @Test
  void roundRobinTakesTurnsByWeight() throws Exception {
    try (Upstream a = Upstream.answering("a");
        Upstream b = Upstream.answering("b");
        EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener())) {
      proxy.cluster(eds(LbPolicy.RoundRobin.ROUND_ROBIN));
      assertThat(proxy.engine.warmingClusters()).containsExactly("up");
      proxy.engine.applyEndpoints(Configs.endpoints("service", a.port(), b.port()));
      assertThat(proxy.engine.warmingClusters()).isEmpty();
      assertThat(count(proxy, 40, "a", "b")).containsExactly(20, 20);
      proxy.engine.applyEndpoints(
          new EndpointsConfig(
              "service",
              List.of(
                  new LocalityEndpoints(
                      Locality.NONE,
                      0,
                      0,
                      List.of(Configs.endpoint(a.port(), 3), Configs.endpoint(b.port(), 1)))),
              140));
      int[] counts = count(proxy, 80, "a", "b");
      assertThat(counts[0]).isBetween(59, 61);
      assertThat(counts[1]).isBetween(19, 21);
    }
  }

  @Test
  void anAggregateGoesToItsFirstMemberThatHasAHost() throws Exception {
    try (Upstream a = Upstream.answering("a");
        Upstream b = Upstream.answering("b");
        EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener())) {
      proxy.cluster(
          Configs.cluster(
              "up",
              new Discovery.Aggregate(List.of("first", "second")),
              LbPolicy.ClusterProvided.CLUSTER_PROVIDED,
              CircuitBreakers.DEFAULT));
      assertThat(proxy.engine.warmingClusters()).isEmpty();
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 503");
      }
      proxy.cluster(Configs.cluster("second", b.port()));
      assertThat(count(proxy, 10, "a", "b")).containsExactly(0, 10);
      proxy.cluster(
          Configs.cluster(
              "first",
              new Discovery.Eds("service", Duration.ZERO),
              LbPolicy.RoundRobin.ROUND_ROBIN,
              CircuitBreakers.DEFAULT));
      assertThat(count(proxy, 10, "a", "b")).containsExactly(0, 10);
      proxy.engine.applyEndpoints(Configs.endpoints("service", a.port()));
      assertThat(count(proxy, 10, "a", "b")).containsExactly(10, 0);
      proxy.engine.removeEndpoints("service");
      assertThat(count(proxy, 10, "a", "b")).containsExactly(0, 10);
      proxy.engine.applyEndpoints(
          new EndpointsConfig(
              "service",
              List.of(
                  new LocalityEndpoints(
                      Locality.NONE,
                      0,
                      0,
                      List.of(
                          Configs.endpoint(a.port(), 1),
                          new Endpoint(
                              new SocketEndpoint("127.0.0.2", 1),
                              "",
                              Health.UNHEALTHY,
                              1,
                              Map.of()))))));
      // Half of it is healthy: it carries 70 % of the load.
      int[] counts = count(proxy, 300, "a", "b");
      assertThat(counts[0]).isBetween(160, 260);
      assertThat(counts[1]).isEqualTo(300 - counts[0]);
    }
  }

  @Test
  void leastRequestPrefersTheIdleHost() throws Exception {
    try (Upstream slow =
            new Upstream(wire -> {
              var _ = wire.request();
              var _ = wire.rest();
            });
        Upstream quick = Upstream.answering("q");
        EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      proxy.cluster(eds(new LbPolicy.LeastRequest(2)));
      proxy.bind(new Configs.Http().listener());
      proxy.engine.applyEndpoints(Configs.endpoints("service", slow.port()));
      Wire stuck = proxy.connect();
      stuck.send(GET);
      EngineUnderTest.await(() -> slow.heads.size() == 1);
      proxy.engine.applyEndpoints(Configs.endpoints("service", slow.port(), quick.port()));
      // Both drawn are the slow one in a quarter of the cases only; then the request hangs there.
      int answered = 0;
      for (int i = 0; i < 40; i++) {
        try (Wire wire = proxy.connect()) {
          wire.socket.setSoTimeout(150);
          answered += wire.roundTrip(GET).endsWith("q") ? 1 : 0;
        } catch (java.net.SocketTimeoutException hung) {
          assertThat(hung).isNotNull();
        }
      }
      assertThat(answered).isGreaterThan(22);
      stuck.close();
    }
  }

  @Test
  void endpointsComeAndGoUnderLoadWithoutAFailure() throws Exception {
    try (Upstream a = Upstream.answering("a");
        Upstream b = Upstream.answering("b");
        EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener())) {
      proxy.cluster(eds(LbPolicy.RoundRobin.ROUND_ROBIN));
      proxy.engine.applyEndpoints(Configs.endpoints("service", a.port()));
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger failed = new AtomicInteger();
      AtomicInteger done = new AtomicInteger();
      Thread[] clients = new Thread[4];
      for (int i = 0; i < clients.length; i++) {
        clients[i] =
            Thread.ofVirtual()
                .start(() -> {
                  try (Wire wire = proxy.connect()) {
                    while (!stop.get()) {
                      if (!wire.roundTrip(GET).startsWith("HTTP/1.1 200")) {
                        failed.incrementAndGet();
                      }
                      done.incrementAndGet();
                    }
                  } catch (java.io.IOException failure) {
                    failed.incrementAndGet();
                  }
                });
      }
      for (int i = 0; i < 60; i++) {
        int seen = done.get();
        proxy.engine.applyEndpoints(
            i % 2 == 0
                ? Configs.endpoints("service", b.port())
                : Configs.endpoints("service", a.port()));
        EngineUnderTest.await(() -> done.get() > seen + 8 || failed.get() > 0);
      }
      stop.set(true);
      for (Thread client : clients) {
        client.join();
      }
      assertThat(failed).hasValue(0);
      // Connections to the host that is gone do not linger.
      EngineUnderTest.await(() ->
          proxy.engine.clusters().getFirst().hosts().getFirst().connectionsActive()
              == proxy.gauge("cluster.up.upstream_cx_active"));
      assertThat(proxy.gauge("cluster.up.membership_total")).isEqualTo(1);
    }
  }

  @Test
  void unhealthyHostsAreLeftOutUntilPanic() throws Exception {
    try (Upstream a = Upstream.answering("a");
        Upstream b = Upstream.answering("b");
        EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener())) {
      proxy.cluster(eds(LbPolicy.RoundRobin.ROUND_ROBIN));
      Endpoint sick =
          new Endpoint(
              new SocketEndpoint("127.0.0.1", b.port()), "", Health.UNHEALTHY, 1, Map.of());
      proxy.engine.applyEndpoints(
          new EndpointsConfig(
              "service",
              List.of(
                  new LocalityEndpoints(
                      Locality.NONE, 0, 0, List.of(Configs.endpoint(a.port(), 1), sick))),
              140));
      assertThat(count(proxy, 10, "a", "b")).containsExactly(10, 0);
      proxy.engine.applyEndpoints(
          new EndpointsConfig(
              "service", List.of(new LocalityEndpoints(Locality.NONE, 0, 0, List.of(sick))), 140));
      assertThat(count(proxy, 4, "a", "b")).containsExactly(0, 4);
      assertThat(proxy.counter("cluster.up.lb_healthy_panic")).isEqualTo(4);
    }
  }

  @Test
  void namesAreResolved() throws Exception {
    try (Upstream a = Upstream.answering("a");
        EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener())) {
      EndpointsConfig names =
          new EndpointsConfig(
              "up",
              List.of(
                  new LocalityEndpoints(
                      Locality.NONE,
                      0,
                      0,
                      List.of(
                          new Endpoint(
                              new SocketEndpoint("localhost", a.port()),
                              "",
                              Health.HEALTHY,
                              1,
                              Map.of())))),
              140);
      proxy.cluster(
          Configs.cluster(
              "up",
              new Discovery.StrictDns(names, Duration.ofSeconds(5), DnsLookupFamily.V4_ONLY),
              LbPolicy.RoundRobin.ROUND_ROBIN,
              CircuitBreakers.DEFAULT));
      proxy.engine.clusterWarm("up").toCompletableFuture().get(10, TimeUnit.SECONDS);
      assertThat(proxy.get("/")).endsWith("a");
      assertThat(proxy.engine.clusters().getFirst().hosts().getFirst().hostname())
          .isEqualTo("localhost");
    }
  }

  @Test
  void removedClusterIsNotFoundAndItsStatisticsAreHidden() throws Exception {
    try (Upstream a = Upstream.answering("a");
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", a.port()))) {
      assertThat(proxy.get("/")).endsWith("a");
      assertThat(proxy.engine.removeCluster("up")).isTrue();
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 503 ");
      assertThat(proxy.engine.stats().counter("cluster.up.upstream_rq_total")).isEmpty();
      assertThat(proxy.engine.removeCluster("up")).isFalse();
    }
  }
}
