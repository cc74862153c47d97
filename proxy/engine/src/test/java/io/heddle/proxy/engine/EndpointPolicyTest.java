package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.DropOverload;
import io.heddle.xds.model.LbPolicy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a control plane says of all endpoints of a cluster: drop a share, forget them in time. */
class EndpointPolicyTest {
  private static final ClusterConfig EDS =
      Configs.cluster(
          "up",
          new Discovery.Eds("service", Duration.ZERO),
          LbPolicy.RoundRobin.ROUND_ROBIN,
          CircuitBreakers.DEFAULT);

  private static EndpointsConfig endpoints(int port, int perMillion, Duration staleAfter) {
    EndpointsConfig plain = Configs.endpoints("service", port);
    return new EndpointsConfig(
        plain.clusterName(),
        plain.localities(),
        new EndpointsConfig.Policy(
            140, List.of(new DropOverload("x", perMillion)), staleAfter, false));
  }

  @Test
  void aShareOfTheRequestsIsRefused() throws Exception {
    try (Upstream up = Upstream.answering("up");
        EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener(), EDS)) {
      proxy.engine.applyEndpoints(endpoints(up.port(), 500_000, Duration.ZERO));
      int dropped = 0;
      for (int i = 0; i < 100; i++) {
        String response = proxy.get("/");
        if (response.startsWith("HTTP/1.1 503")) {
          dropped++;
          assertThat(response).contains("x-envoy-drop-overload: true").endsWith("drop overload");
        } else {
          assertThat(response).endsWith("up");
        }
      }
      assertThat(dropped).isBetween(20, 80);
      assertThat(proxy.counter("cluster.up.upstream_rq_drop_overload")).isEqualTo(dropped);
      assertThat(proxy.counter("cluster.up.upstream_rq_503")).isEqualTo(dropped);
      assertThat(proxy.counter("cluster.up.upstream_rq_total")).isEqualTo(100 - dropped);

      proxy.engine.applyEndpoints(endpoints(up.port(), 1_000_000, Duration.ZERO));
      assertThat(proxy.get("/"))
          .startsWith("HTTP/1.1 503")
          .contains("x-envoy-unconditional-drop-overload: true")
          .endsWith("unconditional drop overload");

      proxy.engine.applyEndpoints(Configs.endpoints("service", up.port()));
      assertThat(proxy.get("/")).endsWith("up");
    }
  }

  @Test
  void endpointsOfWhichNothingIsHeardAreForgotten() throws Exception {
    try (Upstream up = Upstream.answering("up");
        EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener(), EDS)) {
      proxy.engine.applyEndpoints(endpoints(up.port(), 0, Duration.ofMillis(30)));
      EngineUnderTest.await(() -> proxy.counter("cluster.up.assignment_stale") == 1);
      assertThat(proxy.get("/")).startsWith("HTTP/1.1 503").endsWith("no healthy upstream");
      assertThat(proxy.counter("cluster.up.assignment_timeout_received")).isEqualTo(1);

      // Those that come have a time of their own: an hour, and then none.
      proxy.engine.applyEndpoints(endpoints(up.port(), 0, Duration.ofHours(1)));
      assertThat(proxy.get("/")).endsWith("up");
      proxy.engine.applyEndpoints(Configs.endpoints("service", up.port()));
      assertThat(proxy.get("/")).endsWith("up");
      assertThat(proxy.counter("cluster.up.assignment_stale")).isEqualTo(1);
    }
  }
}
