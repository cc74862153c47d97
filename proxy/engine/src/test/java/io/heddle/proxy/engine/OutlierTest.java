package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.RefusedPort;
import io.heddle.xds.model.ClusterConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts that are taken out because of what they answer, over sockets. */
class OutlierTest {
  private static final String ROUTE = "{match: {prefix: /}, route: {cluster: up, timeout: 0.05s}}";
  private static final String FREELY =
      "outlier_detection: {interval: 0.02s, base_ejection_time: 300s, max_ejection_percent: 100";

  private static Upstream saying(Changing<String> status) {
    return new Upstream(wire -> {
      while (wire.request() != null) {
        String now = status.get();
        if (!now.isEmpty()) {
          wire.send("HTTP/1.1 " + now + "\r\ncontent-length: 0\r\n\r\n");
        }
      }
    });
  }

  private static EngineUnderTest proxy(String cluster, int... ports) {
    return EngineUnderTest.of(Yaml.routes(ROUTE), Yaml.cluster(cluster, ports));
  }

  private static long stat(EngineUnderTest proxy, String name) {
    return proxy.counter("cluster.up.outlier_detection." + name);
  }

  private static HostHealth health(EngineUnderTest proxy, int port) {
    return proxy.engine.clusters().getFirst().hosts().stream()
        .filter(host -> host.address().equals("127.0.0.1:" + port))
        .findFirst()
        .orElseThrow()
        .condition();
  }

  /** Requests until something has come about. */
  private static void ask(EngineUnderTest proxy, java.util.function.BooleanSupplier until) {
    EngineUnderTest.await(() -> {
      try {
        proxy.get("/");
      } catch (java.io.IOException gone) {
        throw new AssertionError(gone);
      }
      return until.getAsBoolean();
    });
  }

  @Test
  void aHostThatFailsGetsNothingAnyMore() throws Exception {
    try (Upstream bad = saying(new Changing<>("500 No"));
        Upstream good = saying(new Changing<>("200 Yes"));
        EngineUnderTest proxy = proxy(FREELY + "}", bad.port(), good.port())) {
      ask(proxy, () -> proxy.gauge("cluster.up.membership_healthy") == 1);
      int before = bad.heads.size();
      for (int i = 0; i < 8; i++) {
        assertThat(proxy.get("/")).startsWith("HTTP/1.1 200 ");
      }
      assertThat(bad.heads).hasSize(before);
      assertThat(before).isGreaterThanOrEqualTo(5);
      assertThat(stat(proxy, "ejections_enforced_consecutive_5xx")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.outlier_detection.ejections_active")).isEqualTo(1);
      assertThat(health(proxy, bad.port()).flags()).containsExactly(HostFlag.FAILED_OUTLIER_CHECK);
      assertThat(health(proxy, good.port()).flags()).isEmpty();
    }
  }

  @Test
  void aHostComesBackWhenItsTimeIsOver() throws Exception {
    Changing<String> status = new Changing<>("500 No");
    try (Upstream only = saying(status);
        Upstream good = saying(new Changing<>("200 Yes"));
        EngineUnderTest proxy =
            proxy(
                "outlier_detection: {interval: 0.02s, base_ejection_time: 0.05s,"
                    + " max_ejection_percent: 100}",
                only.port(),
                good.port())) {
      ask(proxy, () -> stat(proxy, "ejections_enforced_total") >= 1);
      status.set("201 Well");
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.membership_healthy") == 2);
      ask(proxy, () -> proxy.counter("cluster.up.upstream_rq_201") > 0);
      assertThat(proxy.gauge("cluster.up.outlier_detection.ejections_active")).isZero();
    }
  }

  @Test
  void aHostThatCannotBeReachedIsTakenOutToo() throws Exception {
    try (RefusedPort refused = new RefusedPort();
        Upstream good = saying(new Changing<>("200 Yes"));
        EngineUnderTest proxy =
            proxy(
                FREELY
                    + ", split_external_local_origin_errors: true,"
                    + " consecutive_local_origin_failure: 3}",
                refused.port(),
                good.port())) {
      ask(proxy, () -> proxy.gauge("cluster.up.membership_healthy") == 1);
      assertThat(stat(proxy, "ejections_enforced_consecutive_local_origin_failure")).isEqualTo(1);
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void aHostThatDoesNotAnswerInTimeIsTakenOutToo() throws Exception {
    try (Upstream mute = saying(new Changing<>(""));
        Upstream good = saying(new Changing<>("200 Yes"));
        EngineUnderTest proxy = proxy(FREELY + ", consecutive_5xx: 2}", mute.port(), good.port())) {
      ask(proxy, () -> proxy.gauge("cluster.up.membership_healthy") == 1);
      assertThat(health(proxy, mute.port()).flags()).containsExactly(HostFlag.FAILED_OUTLIER_CHECK);
    }
  }

  @Test
  void anAnswerOfGrpcIsJudgedByItsOwnStatus() throws Exception {
    try (Upstream bad = saying(new Changing<>("200 OK\r\ngrpc-status: 14"));
        Upstream good = saying(new Changing<>("200 OK\r\ngrpc-status: 5"));
        EngineUnderTest proxy = proxy(FREELY + "}", bad.port(), good.port())) {
      ask(proxy, () -> proxy.gauge("cluster.up.membership_healthy") == 1);
      assertThat(health(proxy, bad.port()).flags()).containsExactly(HostFlag.FAILED_OUTLIER_CHECK);
    }
  }

  @Test
  void whenAllAreOutAllAreAskedUnlessPanicIsSwitchedOff() throws Exception {
    try (Upstream bad = saying(new Changing<>("500 No"));
        EngineUnderTest proxy = proxy(FREELY + "}", bad.port())) {
      ask(proxy, () -> proxy.gauge("cluster.up.membership_healthy") == 0);
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 500 ");
      assertThat(proxy.counter("cluster.up.lb_healthy_panic")).isPositive();
      ClusterConfig calm =
          Yaml.cluster(
              FREELY + "}, common_lb_config: {healthy_panic_threshold: {value: 0}}", bad.port());
      proxy.cluster(calm);
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 503 ").contains("no healthy upstream");
      // Without detection nobody is out.
      proxy.cluster(Yaml.cluster("connect_timeout: 1s", bad.port()));
      assertThat(proxy.gauge("cluster.up.membership_healthy")).isEqualTo(1);
      assertThat(proxy.gauge("cluster.up.outlier_detection.ejections_active")).isZero();
    }
  }

  @Test
  void plainConnectionsCountTheirFailures() throws Exception {
    try (RefusedPort refused = new RefusedPort();
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.tcp("idle_timeout: 60s"), Yaml.cluster(FREELY + "}", refused.port()))) {
      EngineUnderTest.await(() -> {
        try (Upstream.Wire wire = proxy.connect()) {
          wire.rest();
        } catch (java.io.IOException reset) {
          // Either end may be the first to close.
        }
        return proxy.gauge("cluster.up.membership_healthy") == 0;
      });
      assertThat(stat(proxy, "ejections_enforced_consecutive_5xx")).isEqualTo(1);
    }
  }

  @Test
  void whatHappensIsWrittenDown(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("outliers.log");
    try (Upstream bad = saying(new Changing<>("500 No"));
        EngineUnderTest proxy =
            new EngineUnderTest(Engine.builder().concurrency(1).outlierLog(log.toString()))) {
      proxy.cluster(Yaml.cluster(FREELY + "}", bad.port()));
      proxy.bind(Yaml.routes(ROUTE));
      ask(proxy, () -> stat(proxy, "ejections_enforced_total") == 1);
    }
    assertThat(Files.readAllLines(log))
        .singleElement()
        .asString()
        .startsWith("{\"type\":\"CONSECUTIVE_5XX\",\"timestamp\":\"")
        .contains("\"cluster_name\":\"up\"");
  }
}
