package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Http2Peer.Stream;
import io.heddle.testkit.RefusedPort;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.Discovery.Eds;
import io.heddle.xds.model.EndpointsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts that are asked whether they are well, over sockets. */
class HealthCheckTest {
  private static final String ROUTE = "{match: {prefix: /}, route: {cluster: up}}";

  /** Once a cluster has been used, and before. */
  private static final String OFTEN =
      "interval: 0.02s, no_traffic_interval: 0.02s, unhealthy_threshold: 2, healthy_threshold: 2,";

  private static String http(String more) {
    return "health_checks: [{timeout: 5s, "
        + OFTEN
        + " http_health_check: {path: /healthz"
        + more
        + "}}]";
  }

  /** Answers checks with a status, and everything else with its name. */
  private static Upstream server(String name, Changing<String> status) {
    return new Upstream(wire -> {
      for (String head = wire.request(); head != null; head = wire.request()) {
        boolean check = head.contains(" /healthz ");
        String body = check ? "" : name;
        wire.send(
            "HTTP/1.1 "
                + (check ? status.get() : "200 OK")
                + "\r\ncontent-length: "
                + body.length()
                + "\r\n\r\n"
                + body);
      }
    });
  }

  private static EngineUnderTest proxy(ClusterConfig cluster) throws Exception {
    EngineUnderTest proxy = EngineUnderTest.of(Yaml.routes(ROUTE), cluster);
    warm(proxy);
    return proxy;
  }

  private static void warm(EngineUnderTest proxy) throws Exception {
    proxy.engine.clusterWarm("up").toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static List<HostFlag> flags(EngineUnderTest proxy, int port) {
    return proxy.engine.clusters().getFirst().hosts().stream()
        .filter(host -> host.address().equals("127.0.0.1:" + port))
        .findFirst()
        .orElseThrow()
        .condition()
        .flags();
  }

  private static void awaitFlags(EngineUnderTest proxy, int port, HostFlag... wanted) {
    EngineUnderTest.await(() -> flags(proxy, port).equals(List.of(wanted)));
  }

  /** Requests until something has come about. */
  private static void askUntil(EngineUnderTest proxy, BooleanSupplier until) {
    EngineUnderTest.await(() -> {
      try {
        proxy.get("/");
      } catch (IOException gone) {
        throw new AssertionError(gone);
      }
      return until.getAsBoolean();
    });
  }

  private static void awaitHealthy(EngineUnderTest proxy, int hosts) {
    EngineUnderTest.await(() -> proxy.gauge("cluster.up.membership_healthy") == hosts);
  }

  @Test
  void onlyHostsThatAreWellGetRequests() throws Exception {
    Changing<String> one = new Changing<>("200 OK");
    Changing<String> two = new Changing<>("503 No");
    try (Upstream first = server("first", one);
        Upstream second = server("second", two);
        EngineUnderTest proxy = proxy(Yaml.cluster(http(""), first.port(), second.port()))) {
      awaitHealthy(proxy, 1);
      for (int i = 0; i < 4; i++) {
        assertThat(proxy.get("/")).endsWith("first");
      }
      assertThat(flags(proxy, second.port())).containsExactly(HostFlag.FAILED_ACTIVE_HC);
      two.set("200 OK");
      awaitHealthy(proxy, 2);
      one.set("500 No");
      awaitHealthy(proxy, 1);
      for (int i = 0; i < 4; i++) {
        assertThat(proxy.get("/")).endsWith("second");
      }
      assertThat(first.heads.getFirst())
          .startsWith("GET /healthz HTTP/1.1\r\nhost: up\r\n")
          .contains("user-agent: Envoy/HC\r\n");
      // One connection carries all checks of a host, however many loops there are.
      assertThat(first.heads.stream().filter(head -> head.contains("/healthz")).count())
          .isGreaterThan(2);
      assertThat(proxy.counter("cluster.up.health_check.attempt")).isGreaterThan(4);
      assertThat(proxy.gauge("cluster.up.health_check.healthy")).isEqualTo(1);
    }
  }

  @Test
  void aClusterIsThereWhenEachHostWasAskedOnce() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    try (Upstream slow =
            new Upstream(wire -> {
              while (wire.request() != null) {
                asked.countDown();
                try {
                  answer.await();
                } catch (InterruptedException over) {
                  return;
                }
                wire.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(Yaml.routes(ROUTE), Yaml.cluster(http(""), slow.port()))) {
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(proxy.engine.clusters().getFirst().warming()).isTrue();
      answer.countDown();
      warm(proxy);
      assertThat(flags(proxy, slow.port())).isEmpty();
      // Checks are no traffic.
      assertThat(proxy.counter("cluster.up.upstream_cx_total")).isZero();
      assertThat(proxy.engine.stats().counters())
          .noneMatch(stat -> stat.name().full().contains("cluster.health_check."));
    }
  }

  @Test
  void aHostThatDoesNotAnswerInTimeIsFlagged() throws Exception {
    try (Upstream mute =
            new Upstream(wire -> {
              while (wire.request() != null) {
                // It never answers.
              }
            });
        RefusedPort refused = new RefusedPort();
        EngineUnderTest proxy =
            proxy(
                Yaml.cluster(
                    "health_checks: [{timeout: 0.02s, " + OFTEN + " http_health_check: {path: /}}]",
                    mute.port(),
                    refused.port()))) {
      awaitFlags(proxy, mute.port(), HostFlag.FAILED_ACTIVE_HC, HostFlag.ACTIVE_HC_TIMEOUT);
      awaitFlags(proxy, refused.port(), HostFlag.FAILED_ACTIVE_HC);
      assertThat(proxy.counter("cluster.up.health_check.network_failure")).isGreaterThan(1);
    }
  }

  @Test
  void whatIsAskedAndExpectedMayBeSaid() throws Exception {
    Changing<String> said =
        new Changing<>(
            "204 Well\r\nx-envoy-upstream-healthchecked-cluster: shop\r\nx-envoy-degraded: 1");
    try (Upstream up = server("up", said);
        EngineUnderTest proxy =
            proxy(
                Yaml.clusterOf(
                    http(
                        ", host: check.test, method: HEAD, expected_statuses: [{start: 204, end:"
                            + " 205}], service_name_matcher: {prefix: sh},"
                            + " request_headers_to_add: [{header: {key: x-a, value: b}}],"
                            + " request_headers_to_remove: [user-agent]"),
                    Yaml.endpoint(up.port(), ", health_check_config: {hostname: own.test}")))) {
      awaitFlags(proxy, up.port(), HostFlag.DEGRADED_ACTIVE_HC);
      assertThat(up.heads.getFirst())
          .startsWith("HEAD /healthz HTTP/1.1\r\nhost: own.test\r\n")
          .contains("x-a: b\r\n")
          .doesNotContain("user-agent");
      assertThat(proxy.counter("cluster.up.health_check.verify_cluster")).isPositive();
      assertThat(proxy.get("/")).endsWith("up");
      said.set("204 Well\r\nx-envoy-upstream-healthchecked-cluster: cart");
      awaitHealthy(proxy, 0);
      EngineUnderTest.await(() -> flags(proxy, up.port()).contains(HostFlag.FAILED_ACTIVE_HC));
    }
  }

  @Test
  void whatComesBackMayHaveToHoldBytes() throws Exception {
    Changing<String> word = new Changing<>("..ab..cd");
    try (Upstream up =
            new Upstream(wire -> {
              while (wire.request() != null) {
                wire.send("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n" + word.get());
              }
            });
        EngineUnderTest proxy =
            proxy(
                Yaml.cluster(
                    http(
                        ", method: POST, send: {text: '6869'}, receive: [{text: '6162'}, {binary:"
                            + " Y2Q=}]"),
                    up.port()))) {
      awaitFlags(proxy, up.port());
      word.set("..cd..ab");
      awaitFlags(proxy, up.port(), HostFlag.FAILED_ACTIVE_HC);
      assertThat(up.heads.getFirst()).contains("content-length: 2\r\n");
    }
  }

  @Test
  void aHostIsAskedWhereItSaysOrNotAtAll() throws Exception {
    Changing<String> well = new Changing<>("200 OK");
    Changing<String> sick = new Changing<>("500 No");
    try (Upstream asked = server("asked", well);
        Upstream one = server("one", sick);
        Upstream two = server("two", sick);
        EngineUnderTest proxy =
            proxy(
                Yaml.clusterOf(
                    http(""),
                    Yaml.endpoint(
                            one.port(), ", health_check_config: {port_value: " + asked.port() + "}")
                        + ","
                        + Yaml.endpoint(
                            two.port(),
                            ", health_check_config: {disable_active_health_check: true}")))) {
      awaitHealthy(proxy, 2);
      askUntil(proxy, () -> !one.heads.isEmpty() && !two.heads.isEmpty());
      assertThat(asked.heads).isNotEmpty();
      assertThat(one.heads).noneMatch(head -> head.contains("/healthz"));
      assertThat(two.heads).noneMatch(head -> head.contains("/healthz"));
    }
  }

  @Test
  void grpcServersAreAskedByTheirOwnProtocol() throws Exception {
    Changing<byte[]> message = new Changing<>(new byte[] {0, 0, 0, 0, 2, 8, 1});
    List<Stream> streams = new java.util.concurrent.CopyOnWriteArrayList<>();
    try (Http2Peer server =
            new Http2Peer(
                stream -> {
                  streams.add(stream);
                  Http2Answers.grpc(stream, message);
                },
                false);
        EngineUnderTest proxy =
            proxy(
                Yaml.cluster(
                    "health_checks: [{timeout: 5s, "
                        + OFTEN
                        + " grpc_health_check: {service_name: shop, initial_metadata: [{header:"
                        + " {key: x-a, value: b}}]}}]",
                    server.port()))) {
      awaitFlags(proxy, server.port());
      assertThat(streams.getFirst().next())
          .contains(":method=POST")
          .contains(":path=/grpc.health.v1.Health/Check")
          .contains(":authority=up")
          .contains("content-type=application/grpc")
          .contains("te=trailers")
          .contains("grpc-timeout=5000m")
          .contains("x-a=b");
      assertThat(streams.getFirst().next()).contains("shop");
      message.set(new byte[] {0, 0, 0, 0, 2, 8, 2});
      awaitFlags(proxy, server.port(), HostFlag.FAILED_ACTIVE_HC);
    }
  }

  @Test
  void http2IsSpokenWhereThatIsSaid() throws Exception {
    Changing<String> status = new Changing<>("200");
    try (Http2Peer server = new Http2Peer(stream -> Http2Answers.status(stream, status), false);
        EngineUnderTest proxy =
            proxy(Yaml.cluster(http(", codec_client_type: HTTP2"), server.port()))) {
      awaitFlags(proxy, server.port());
      status.set("503");
      awaitFlags(proxy, server.port(), HostFlag.FAILED_ACTIVE_HC);
    }
  }

  @Test
  void plainConnectionsMayExchangeBytes() throws Exception {
    Changing<String> word = new Changing<>("pong");
    try (Upstream up =
            new Upstream(wire -> {
              while (wire.read(4).equals("ping")) {
                wire.send(word.get());
              }
            });
        EngineUnderTest proxy =
            proxy(
                Yaml.cluster(
                    "health_checks: [{timeout: 0.1s, "
                        + OFTEN
                        + " tcp_health_check: {send: {text: '70696e67'}, receive: [{text:"
                        + " '706f6e67'}]}}]",
                    up.port()))) {
      awaitFlags(proxy, up.port());
      EngineUnderTest.await(() -> proxy.counter("cluster.up.health_check.success") > 3);
      assertThat(up.connections).hasValue(1);
      word.set("pang");
      awaitFlags(proxy, up.port(), HostFlag.FAILED_ACTIVE_HC, HostFlag.ACTIVE_HC_TIMEOUT);
    }
  }

  @Test
  void aConnectionAloneMayDo() throws Exception {
    try (Upstream up = Upstream.answering("x");
        RefusedPort refused = new RefusedPort();
        EngineUnderTest proxy =
            proxy(
                Yaml.cluster(
                    "health_checks: [{timeout: 5s, " + OFTEN + " tcp_health_check: {}}]",
                    up.port(),
                    refused.port()))) {
      awaitHealthy(proxy, 1);
      assertThat(flags(proxy, refused.port())).containsExactly(HostFlag.FAILED_ACTIVE_HC);
      assertThat(proxy.get("/")).endsWith("x");
    }
  }

  @Test
  void aHostMayAskToBeLeftOutInPassing() throws Exception {
    Changing<String> well = new Changing<>("200 OK");
    try (Upstream up =
            new Upstream(wire -> {
              for (String head = wire.request(); head != null; head = wire.request()) {
                wire.send(
                    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n"
                        + (head.contains("/healthz")
                            ? ""
                            : "x-envoy-immediate-health-check-fail: true\r\n")
                        + "\r\n");
              }
            });
        Upstream other = server("other", well);
        EngineUnderTest proxy =
            proxy(
                Yaml.cluster(
                    "health_checks: [{timeout: 5s, interval: 300s, no_traffic_interval: 300s,"
                        + " unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: {path:"
                        + " /healthz}}]",
                    up.port(),
                    other.port()))) {
      awaitHealthy(proxy, 2);
      // Each loop takes turns by itself.
      askUntil(proxy, () -> proxy.counter("cluster.up.health_check.passive_failure") > 0);
      awaitFlags(
          proxy, up.port(), HostFlag.FAILED_ACTIVE_HC, HostFlag.EXCLUDED_VIA_IMMEDIATE_HC_FAIL);
      // Left out it does not count: one of one is well, and nobody panics.
      awaitHealthy(proxy, 1);
      for (int i = 0; i < 4; i++) {
        assertThat(proxy.get("/")).endsWith("other");
      }
      assertThat(proxy.counter("cluster.up.lb_healthy_panic")).isZero();
    }
  }

  @Test
  void whoIsListedNoMoreStaysWhileItIsWellUnlessThatIsSaid() throws Exception {
    Changing<String> status = new Changing<>("200 OK");
    try (Upstream up = server("up", status)) {
      for (boolean atOnce : new boolean[] {false, true}) {
        ClusterConfig wanted =
            Yaml.cluster(http("") + ", ignore_health_on_host_removal: " + atOnce, up.port());
        Discovery eds = new Eds("up", Duration.ZERO);
        try (EngineUnderTest proxy =
            EngineUnderTest.of(Yaml.routes(ROUTE), wanted.toBuilder().discovery(eds).build())) {
          proxy.engine.applyEndpoints(Configs.endpoints("up", up.port()));
          warm(proxy);
          proxy.engine.applyEndpoints(new EndpointsConfig("up", List.of()));
          if (atOnce) {
            assertThat(proxy.engine.clusters().getFirst().hosts()).isEmpty();
            continue;
          }
          assertThat(flags(proxy, up.port())).containsExactly(HostFlag.PENDING_DYNAMIC_REMOVAL);
          assertThat(proxy.get("/")).endsWith("up");
          status.set("500 No");
          EngineUnderTest.await(() -> proxy.engine.clusters().getFirst().hosts().isEmpty());
          status.set("200 OK");
        }
      }
    }
  }

  @Test
  void aCheckThatSucceedsEndsAnEjection() throws Exception {
    Changing<String> well = new Changing<>("200 OK");
    try (Upstream up =
            new Upstream(wire -> {
              for (String head = wire.request(); head != null; head = wire.request()) {
                wire.send(
                    "HTTP/1.1 "
                        + (head.contains("/healthz") ? well.get() : "500 No")
                        + "\r\ncontent-length: 0\r\n\r\n");
              }
            });
        EngineUnderTest proxy =
            proxy(
                Yaml.cluster(
                    http("")
                        + ", outlier_detection: {base_ejection_time: 300s, max_ejection_percent:"
                        + " 100}",
                    up.port()))) {
      awaitHealthy(proxy, 1);
      askUntil(
          proxy, () -> proxy.counter("cluster.up.outlier_detection.ejections_enforced_total") > 0);
      EngineUnderTest.await(
          () -> proxy.gauge("cluster.up.outlier_detection.ejections_active") == 0);
      awaitHealthy(proxy, 1);
    }
  }

  @Test
  void checksMayChangeWhileAClusterServes() throws Exception {
    Changing<String> status = new Changing<>("200 OK");
    try (Upstream up = server("up", status);
        EngineUnderTest proxy = proxy(Yaml.cluster("connect_timeout: 1s", up.port()))) {
      assertThat(proxy.get("/")).endsWith("up");
      status.set("500 No");
      proxy.cluster(Yaml.cluster(http(""), up.port()));
      awaitFlags(proxy, up.port(), HostFlag.FAILED_ACTIVE_HC);
      proxy.cluster(Yaml.cluster(http(", expected_statuses: [{start: 500, end: 501}]"), up.port()));
      awaitFlags(proxy, up.port());
      proxy.cluster(Yaml.cluster("connect_timeout: 1s", up.port()));
      assertThat(flags(proxy, up.port())).isEmpty();
      int checks = up.heads.size();
      assertThat(proxy.get("/")).endsWith("up");
      assertThat(up.heads.size()).isBetween(checks, checks + 2);
    }
  }

  @Test
  void eventsAreWrittenToTheirFileOrTheClusterIsRefused(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("checks.log");
    String sink =
        ", event_logger: [{name: file, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink,"
            + " event_log_path: '%s'}}]}]";
    Changing<String> status = new Changing<>("200 OK");
    String checks = http("").replace("}}]", "}");
    try (Upstream up = server("up", status);
        EngineUnderTest proxy = proxy(Yaml.cluster(checks + sink.formatted(log), up.port()))) {
      awaitFlags(proxy, up.port());
      assertThat(
              proxy.engine.applyCluster(
                  Yaml.cluster(checks + sink.formatted(folder.resolve("no/such")), up.port())))
          .singleElement()
          .satisfies(
              error -> assertThat(error.message()).contains("health_checks[0].event_log_path"));
    }
    assertThat(Files.readAllLines(log))
        .singleElement()
        .asString()
        .contains("\"health_checker_type\":\"HTTP\"")
        .contains("\"add_healthy_event\":{\"first_check\":true}");
  }
}
