package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Layers of proxies that retry: the lowest does, and those above it see that it did. */
class RetryMarkTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  private static final String RETRY =
      "route: {cluster: up, retry_policy: {retry_on: 5xx, num_retries: 2, retry_back_off:"
          + " {base_interval: 0.001s}}}";
  private static final String INSIDERS =
      "use_remote_address: true, internal_address_config: {cidr_ranges: [{address_prefix:"
          + " 127.0.0.0, prefix_len: 8}]}, ";

  private final AtomicInteger attempts = new AtomicInteger();

  private Upstream failing() {
    return new Upstream(wire -> {
      while (wire.request() != null) {
        attempts.incrementAndGet();
        wire.send("HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy");
      }
    });
  }

  private static EngineUnderTest layer(boolean marks, String fields, int port) {
    EngineUnderTest proxy =
        EngineUnderTest.of(
            Yaml.http(fields + Yaml.table("routes: [{match: {prefix: /}, " + RETRY + "}]")),
            Configs.cluster("up", port));
    if (marks) {
      proxy.engine.runtime().modify(0, Map.of("heddle.mark_retries", "true"));
    }
    return proxy;
  }

  @Test
  void whatWasSentAgainBelowIsNotSentAgainAbove() throws Exception {
    try (Upstream up = failing();
        EngineUnderTest lowest = layer(true, "", up.port());
        EngineUnderTest middle = layer(true, "", lowest.port());
        EngineUnderTest top = layer(true, "use_remote_address: true, ", middle.port());
        Wire wire = top.connect()) {
      String response = wire.roundTrip(GET);
      assertThat(response).startsWith("HTTP/1.1 503 ").endsWith("busy");
      assertThat(attempts).hasValue(3);
      assertThat(middle.counter("cluster.up.upstream_rq_retried_below")).isEqualTo(1);
      assertThat(middle.counter("cluster.up.upstream_rq_retry")).isZero();
      // Nor is the client outside told.
      assertThat(response).doesNotContain("x-heddle-retried");
    }
  }

  @Test
  void insidersAreToldHowOften() throws Exception {
    try (Upstream up = failing();
        EngineUnderTest proxy = layer(true, INSIDERS, up.port());
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(GET)).contains("x-heddle-retried: 2\r\n");
    }
  }

  @Test
  void withoutMarksEveryLayerSendsAgain() throws Exception {
    try (Upstream up = failing();
        EngineUnderTest lowest = layer(false, "", up.port());
        EngineUnderTest top = layer(false, "", lowest.port());
        Wire wire = top.connect()) {
      assertThat(wire.roundTrip(GET)).startsWith("HTTP/1.1 503 ").doesNotContain("x-heddle");
      assertThat(attempts).hasValue(9);
    }
  }
}
