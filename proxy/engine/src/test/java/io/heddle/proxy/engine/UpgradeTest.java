package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ListenerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A client and a host switch to another protocol, or do not. */
class UpgradeTest {
  private static final String OFFER =
      crlf(
          """
          GET /chat HTTP/1.1
          host: a
          Connection: keep-alive, Upgrade
          Upgrade: WebSocket

          """);
  private static final String SWITCHED =
      crlf(
          """
          HTTP/1.1 101 Switching Protocols
          Connection: Upgrade
          Upgrade: websocket

          """);

  private static String crlf(String lines) {
    return lines.replace("\n", "\r\n");
  }

  private static ListenerConfig listener(String upgrades) {
    return Yaml.http(
        Yaml.table("routes: [{match: {prefix: /}, route: {cluster: up, timeout: 0s}}]")
            + ", upgrade_configs: ["
            + upgrades
            + "]");
  }

  private static EngineUnderTest proxy(Upstream up) {
    return EngineUnderTest.of(
        listener("{upgrade_type: websocket}"), Configs.cluster("up", up.port()));
  }

  /** Sends back what it gets. */
  private static void echo(Wire wire) throws IOException {
    byte[] piece = new byte[16 << 10];
    for (int n = wire.in.read(piece); n >= 0; n = wire.in.read(piece)) {
      wire.out.write(piece, 0, n);
    }
  }

  @Test
  void passesBytesBothWaysOnceTheHostHasSwitched() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send(SWITCHED + "hello");
              echo(wire);
            });
        EngineUnderTest proxy = proxy(up)) {
      try (Wire wire = proxy.connect()) {
        wire.send(OFFER + "early");
        String head = wire.head();
        assertThat(head)
            .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
            .contains("connection: upgrade\r\nupgrade: websocket\r\n")
            .doesNotContain("content-length")
            .doesNotContain("transfer-encoding");
        assertThat(wire.read(10)).isEqualTo("helloearly");
        wire.send("GET / HTTP/1.1\r\n\r\n");
        assertThat(wire.read(18)).isEqualTo("GET / HTTP/1.1\r\n\r\n");
        assertThat(up.heads.getFirst())
            .startsWith("GET /chat HTTP/1.1\r\n")
            .contains("connection: upgrade\r\nupgrade: WebSocket\r\n")
            .doesNotContain("keep-alive");
        assertThat(proxy.gauge("http.in.downstream_cx_upgrades_active")).isEqualTo(1);
      }
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
      EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_cx_upgrades_active") == 0);
      assertThat(proxy.counter("http.in.downstream_cx_upgrades_total")).isEqualTo(1);
      assertThat(proxy.counter("http.in.downstream_rq_1xx")).isEqualTo(1);
    }
  }

  @Test
  void livesThroughAnotherListenersChangeAndEndsAfterItsOwn() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send(SWITCHED);
              echo(wire);
            });
        EngineUnderTest proxy =
            new EngineUnderTest(
                Engine.builder()
                    .concurrency(1)
                    .drain(DrainPlan.AT_ONCE.graces(Duration.ZERO, Duration.ZERO)))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      try (Wire wire = Wire.connect(proxy.bind(listener("{upgrade_type: websocket}")))) {
        wire.send(OFFER);
        assertThat(wire.head()).startsWith("HTTP/1.1 101");
        ListenerConfig other =
            listener("{upgrade_type: websocket}").toBuilder().name("other").build();
        proxy.bind(other);
        proxy.bind(listener("{upgrade_type: other}").toBuilder().name("other").build());
        assertThat(proxy.counter("listener_manager.listener_modified")).isEqualTo(1);
        wire.send("still there");
        assertThat(wire.read(11)).isEqualTo("still there");
        proxy.bind(listener("{upgrade_type: other}"));
        assertThat(wire.in.read())
            .as("its own listener has changed, and drains at once")
            .isNegative();
      }
    }
  }

  @Test
  void megabytesOfAnotherProtocolComeBackWhole() throws Exception {
    int size = 8 << 20;
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send(SWITCHED);
              echo(wire);
            });
        EngineUnderTest proxy = proxy(up);
        Wire wire = proxy.connect()) {
      wire.send(OFFER);
      assertThat(wire.head()).startsWith("HTTP/1.1 101");
      byte[] sent = new byte[size];
      for (int i = 0; i < size; i++) {
        sent[i] = (byte) ((i * 31) >>> 3);
      }
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  wire.out.write(sent);
                } catch (IOException failure) {
                  throw new AssertionError(failure);
                }
              });
      assertThat(wire.in.readNBytes(size)).isEqualTo(sent);
      writer.join();
    }
  }

  @Test
  void hostThatEndsItsSideEndsTheClients() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send(SWITCHED + "bye");
            });
        EngineUnderTest proxy = proxy(up);
        Wire wire = proxy.connect()) {
      wire.send(OFFER);
      assertThat(wire.head()).startsWith("HTTP/1.1 101");
      assertThat(wire.rest()).isEqualTo("bye");
      assertThat(proxy.counter("http.in.downstream_rq_response_before_rq_complete")).isZero();
    }
  }

  @Test
  void nothingThatFollowsTheOfferReachesAHostThatDeclines() throws Exception {
    try (Upstream up = Upstream.answering("plain");
        EngineUnderTest proxy = proxy(up);
        Wire wire = proxy.connect()) {
      wire.send(OFFER + "GET /next HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(wire.response()).startsWith("HTTP/1.1 200 OK").endsWith("plain");
      assertThat(wire.response()).startsWith("HTTP/1.1 200 OK").endsWith("plain");
      // The second was a request of its own, and both used the same connection.
      assertThat(up.heads).hasSize(2);
      assertThat(up.heads.get(1)).startsWith("GET /next").contains("x-request-id: ");
      assertThat(up.connections).hasValue(1);
      assertThat(proxy.gauge("http.in.downstream_cx_upgrades_active")).isZero();
    }
  }

  @Test
  void clientThatGoesBeforeTheAnswerIsNotWaitedFor() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              asked.countDown();
              var _ = wire.rest();
            });
        EngineUnderTest proxy = proxy(up)) {
      try (Wire wire = proxy.connect()) {
        wire.send(OFFER);
        asked.await();
      }
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
      EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_cx_upgrades_active") == 0);
    }
  }

  @Test
  void localReplyToAnOfferLeavesTheConnection() throws Exception {
    try (EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(
                    Yaml.table(
                            "routes: [{match: {path: /}, direct_response: {status: 200, body:"
                                + " {inline_string: ok}}}]")
                        + ", upgrade_configs: [{upgrade_type: websocket}]"));
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(OFFER)).startsWith("HTTP/1.1 404");
      assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith("ok");
    }
  }

  @Test
  void hostThatSwitchesWithoutANameIsRefused() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
            });
        EngineUnderTest proxy = proxy(up);
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(OFFER)).startsWith("HTTP/1.1 502");
    }
  }

  @Test
  void offerOfWhatIsNotAllowedIsRefused() throws Exception {
    try (Upstream up = Upstream.answering("plain");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                listener("{upgrade_type: spdy/3.1}, {upgrade_type: websocket, enabled: false}"),
                Configs.cluster("up", up.port()))) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(OFFER)).startsWith("HTTP/1.1 403");
      }
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip(OFFER.replace("WebSocket", "SPDY/3.1")))
            .startsWith("HTTP/1.1 200");
      }
      // With a body it is not clear where the other protocol would begin.
      try (Wire wire = proxy.connect()) {
        assertThat(
                wire.roundTrip(OFFER.replace("WebSocket", "SPDY/3.1\r\ncontent-length: 2") + "ab"))
            .startsWith("HTTP/1.1 403");
      }
    }
  }

  private static String router(boolean suppress) {
    return "{name: r, typed_config: {'@type':"
        + " type.googleapis.com/envoy.extensions.filters.http.router.v3.Router,"
        + " suppress_envoy_headers: "
        + suppress
        + "}}";
  }

  /** Says in a request's header which filter it is. */
  private static TestFilter marking(String type, String mark) {
    return new TestFilter(
        type,
        _ ->
            new HttpFilter() {
              @Override
              public HeadersDecision onRequestHeaders(RequestHeaders head, boolean end) {
                head.add(HeaderName.of("x-mark"), mark);
                return HeadersDecision.Continue.CONTINUE;
              }
            });
  }

  @Test
  void aProtocolMayHaveFiltersOfItsOwn() throws Exception {
    String own = "{name: own, typed_config: {'@type': type.googleapis.com/google.protobuf.";
    ListenerConfig listener =
        Yaml.http(
            Yaml.table(
                    "routes: [{match: {prefix: /off}, route: {cluster: up, upgrade_configs:"
                        + " [{upgrade_type: other}]}}, {match: {prefix: /}, route: {cluster: up}}]")
                + ", upgrade_configs: [{upgrade_type: websocket, filters: ["
                + own
                + "Int32Value, value: 1}}, "
                + router(false)
                + "]}, {upgrade_type: plain}, {upgrade_type: other, enabled: false, filters: ["
                + router(false)
                + "]}]",
            own + "StringValue, value: a}}, ");
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send(SWITCHED);
            });
        EngineUnderTest proxy =
            new EngineUnderTest(
                Engine.builder()
                    .concurrency(1)
                    .httpFilters(
                        List.of(
                            marking("google.protobuf.StringValue", "usual"),
                            marking("google.protobuf.Int32Value", "own"))))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      int port = proxy.bind(listener);
      for (String offer :
          List.of(
              OFFER,
              OFFER.replace("WebSocket", "plain"),
              OFFER.replace("WebSocket", "other").replace("/chat", "/off"))) {
        try (Wire wire = Wire.connect(port)) {
          wire.send(offer);
          assertThat(wire.head()).startsWith("HTTP/1.1 101");
        }
      }
      assertThat(up.heads.get(0)).contains("x-mark: own\r\n").doesNotContain("usual");
      assertThat(up.heads.get(1)).contains("x-mark: usual\r\n").doesNotContain("own");
      assertThat(up.heads.get(2)).doesNotContain("x-mark");
    }
  }

  @Test
  void aFilterThatNobodyKnowsIsRefusedThereToo() {
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      ListenerConfig listener =
          listener(
              "{upgrade_type: websocket, filters: [{name: own, typed_config: {'@type':"
                  + " type.googleapis.com/google.protobuf.Int32Value, value: 1}}, "
                  + router(false)
                  + "]}");
      assertThat(proxy.engine.checkListener(listener).getFirst().field())
          .endsWith("upgrade_configs[0].filters[0]");
    }
  }

  @Test
  void configurationThatCannotBeServedIsRefusedByName() {
    String rest = Yaml.table("routes: []") + ", upgrade_configs: [";
    assertThat(Yaml.refused(rest + "{upgrade_type: CONNECT-UDP}]"))
        .contains("upgrade_configs[0].upgrade_type");
    assertThat(Yaml.refused(rest + "{upgrade_type: h2c}]"))
        .contains("upgrade_configs[0].upgrade_type");
    assertThat(Yaml.refused(rest + "{upgrade_type: ''}]"))
        .contains("upgrade_configs[0].upgrade_type");
    assertThat(Yaml.refused(rest + "{upgrade_type: websocket}, {upgrade_type: WebSocket}]"))
        .contains("upgrade_configs[1].upgrade_type");
    assertThat(Yaml.refused(rest + "{upgrade_type: websocket, filters: [{name: x}]}]"))
        .contains("upgrade_configs[0].filters[0].typed_config");
    assertThat(Yaml.refused(rest + "{upgrade_type: websocket, filters: [" + router(true) + "]}]"))
        .contains("upgrade_configs[0].filters[0].typed_config")
        .contains("the same settings as of the router in http_filters");
  }
}
