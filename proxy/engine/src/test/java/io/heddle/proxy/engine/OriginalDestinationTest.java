package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.MetadataKey;
import io.heddle.xds.model.LbPolicy;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Clusters of type ORIGINAL_DST: where a request goes, and for how long a host is known. */
class OriginalDestinationTest {
  private static final String HEADER = "x-envoy-original-dst-host";
  private static final Optional<String> BY_HEADER = Optional.of(HEADER);

  private static ClusterConfig cluster(
      Duration cleanup, Optional<String> header, Optional<MetadataKey> key, OptionalInt port) {
    return Configs.cluster(
        "up",
        new Discovery.OriginalDst(cleanup, header, key, port),
        LbPolicy.ClusterProvided.CLUSTER_PROVIDED,
        CircuitBreakers.DEFAULT);
  }

  private static ClusterConfig cluster(Optional<String> header, OptionalInt port) {
    return cluster(Duration.ofHours(1), header, Optional.empty(), port);
  }

  private static String get(EngineUnderTest proxy, String... headers) throws Exception {
    try (Wire wire = proxy.connect()) {
      return wire.roundTrip(
          "GET / HTTP/1.1\r\nhost: a\r\n"
              + String.join("", java.util.Arrays.stream(headers).map(h -> h + "\r\n").toList())
              + "\r\n");
    }
  }

  private static String to(int port) {
    return HEADER + ": 127.0.0.1:" + port;
  }

  @Test
  void aHeaderNamesTheHost() throws Exception {
    try (Upstream a = Upstream.answering("a");
        Upstream b = Upstream.answering("b");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                new Configs.Http().listener(), cluster(BY_HEADER, OptionalInt.empty()))) {
      assertThat(proxy.engine.warmingClusters()).isEmpty();
      assertThat(get(proxy, to(a.port()))).endsWith("a");
      assertThat(get(proxy, to(b.port()))).endsWith("b");
      assertThat(get(proxy, to(a.port()))).endsWith("a");
      assertThat(proxy.engine.clusters().getFirst().hosts())
          .extracting(ClusterView.HostView::address)
          .containsExactlyInAnyOrder("127.0.0.1:" + a.port(), "127.0.0.1:" + b.port());
      assertThat(proxy.gauge("cluster.up.membership_total")).isEqualTo(2);
    }
  }

  @Test
  void whatIsNoAddressIsCountedAndGoesNowhere() throws Exception {
    try (EngineUnderTest proxy =
        EngineUnderTest.of(
            new Configs.Http().listener(), cluster(BY_HEADER, OptionalInt.empty()))) {
      List<String> wrong =
          List.of(
              "up.test:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[::1]", "");
      for (String value : wrong) {
        assertThat(get(proxy, HEADER + ": " + value))
            .startsWith("HTTP/1.1 503")
            .endsWith("no healthy upstream");
      }
      assertThat(proxy.counter("cluster.up.original_dst_host_invalid")).isEqualTo(wrong.size());
      // Nobody names a host, and nothing was redirected: not invalid, but there is none.
      assertThat(get(proxy)).startsWith("HTTP/1.1 503");
      assertThat(proxy.counter("cluster.up.original_dst_host_invalid")).isEqualTo(wrong.size());
      assertThat(proxy.counter("cluster.up.upstream_cx_none_healthy")).isEqualTo(wrong.size() + 1L);
    }
  }

  @Test
  void withoutLeaveTheHeaderNamesNothing() throws Exception {
    try (Upstream a = Upstream.answering("a");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                new Configs.Http().listener(), cluster(Optional.empty(), OptionalInt.empty()))) {
      assertThat(get(proxy, to(a.port()))).startsWith("HTTP/1.1 503");
      assertThat(proxy.engine.clusters().getFirst().hosts()).isEmpty();
    }
  }

  @Test
  void aRedirectedConnectionGoesWhereItWasGoing() throws Exception {
    try (Upstream a = Upstream.answering("a");
        Upstream b = Upstream.answering("b")) {
      try (EngineUnderTest proxy = redirected(a.port())) {
        proxy.cluster(cluster(BY_HEADER, OptionalInt.empty()));
        assertThat(get(proxy)).endsWith("a");
        // The header has the word, but only where it can be read.
        assertThat(get(proxy, to(b.port()))).endsWith("b");
        assertThat(get(proxy, HEADER + ": nonsense")).endsWith("a");
        // The port that is configured takes the place of any.
        proxy.cluster(cluster(BY_HEADER, OptionalInt.of(b.port())));
        assertThat(get(proxy)).endsWith("b");
        assertThat(get(proxy, to(a.port()))).endsWith("b");
      }
    }
  }

  private static EngineUnderTest redirected(int port) {
    EngineUnderTest proxy =
        new EngineUnderTest(
            Engine.builder().concurrency(1).listenerFilters(List.of(new Redirected(port))));
    proxy.bind(
        Configs.behind(
            new Configs.Http().listener(),
            Duration.ofSeconds(10),
            false,
            Configs.extension("test.redirected")));
    return proxy;
  }

  /** Says of each connection that it was going elsewhere, as original_dst does. */
  private record Redirected(int port) implements ListenerFilterFactory {
    @Override
    public String name() {
      return "test.redirected";
    }

    @Override
    public Set<String> typeUrls() {
      return Set.of("type.googleapis.com/test.redirected");
    }

    @Override
    public ListenerFilterConfig parse(Any config, FilterFactoryContext context) {
      return () ->
          new ListenerFilter() {
            @Override
            public int bytesNeeded() {
              return 0;
            }

            @Override
            public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
              connection.originalDestination(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
              return new PeekDecision.Continue(0);
            }
          };
    }
  }

  @Test
  void aHostIsForgottenWhenNobodyUsesIt() throws Exception {
    Upstream a = Upstream.answering("a");
    try (EngineUnderTest proxy =
        EngineUnderTest.of(
            new Configs.Http().listener(),
            cluster(Duration.ofMillis(20), BY_HEADER, Optional.empty(), OptionalInt.empty()))) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n" + to(a.port()) + "\r\n\r\n"))
            .endsWith("a");
        // It has a connection, which waits to be used again.
        EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 1);
        assertThat(proxy.engine.clusters().getFirst().hosts()).hasSize(1);
      }
      a.close();
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.membership_total") == 0);
      assertThat(proxy.engine.clusters().getFirst().hosts()).isEmpty();
      assertThat(proxy.gauge("cluster.up.upstream_cx_active")).isZero();
    }
  }

  @Test
  void anotherTypeTakesItsHostsAway() throws Exception {
    try (Upstream a = Upstream.answering("a");
        Upstream b = Upstream.answering("b");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                new Configs.Http().listener(), cluster(BY_HEADER, OptionalInt.empty()))) {
      assertThat(get(proxy, to(a.port()))).endsWith("a");
      proxy.cluster(Configs.cluster("up", b.port()));
      assertThat(get(proxy, to(a.port()))).endsWith("b");
      assertThat(proxy.gauge("cluster.up.membership_total")).isEqualTo(1);
      proxy.cluster(cluster(BY_HEADER, OptionalInt.empty()));
      assertThat(proxy.gauge("cluster.up.membership_total")).isZero();
      assertThat(get(proxy, to(a.port()))).endsWith("a");
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 1);
    }
  }
}
