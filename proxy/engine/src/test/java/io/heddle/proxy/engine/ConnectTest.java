package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Http2Peer.Stream;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import io.heddle.xds.model.ListenerConfig;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** CONNECT, passed on or ended here, and other protocols in streams of HTTP/2. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class ConnectTest {
  private static final String CONNECT = "CONNECT t:5 HTTP/1.1\r\nhost: t:5\r\n\r\n";
  private static final String OFFER =
      "GET /chat HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
  private static final String[] EXTENDED =
      Http2Peer.request("CONNECT", "/chat", ":protocol", "websocket");

  private static final String[] PLAIN = {":method", "CONNECT", ":authority", "t:5"};

  /** CONNECT requests take a route with these fields, all others one with none. */
  private static ListenerConfig listener(String connect, String upgrades) {
    return Yaml.http(
        Yaml.table(
                "routes: [{match: {connect_matcher: {}}, route: {cluster: up, timeout: 0s"
                    + connect
                    + "}}, {match: {prefix: /}, route: {cluster: up, timeout: 0s}}]")
            + ", http2_protocol_options: {allow_connect: true}, upgrade_configs: ["
            + upgrades
            + "]");
  }

  private static EngineUnderTest proxy(ListenerConfig listener, int port, UpstreamProtocol how) {
    ClusterConfig cluster = Configs.cluster("up", port).toBuilder().protocol(how).build();
    return EngineUnderTest.of(listener, cluster);
  }

  private static final String BOTH = "{upgrade_type: CONNECT}, {upgrade_type: websocket}";
  private static final String ENDED_HERE =
      ", upgrade_configs: [{upgrade_type: CONNECT, connect_config: {}}]";

  /** Sends back what it gets. */
  private static void echo(Wire wire) throws IOException {
    byte[] piece = new byte[4 << 10];
    for (int n = wire.in.read(piece); n >= 0; n = wire.in.read(piece)) {
      wire.out.write(piece, 0, n);
    }
  }

  private static Upstream accepting(String head) {
    return new Upstream(wire -> {
      if (wire.request() != null) {
        wire.send(head + "\r\n\r\n");
        echo(wire);
      }
    });
  }

  private static Stream next(BlockingQueue<Stream> streams) throws InterruptedException {
    Stream stream = streams.poll(10, TimeUnit.SECONDS);
    if (stream == null) {
      throw new AssertionError("no request came");
    }
    return stream;
  }

  @Test
  void aConnectIsPassedOnAndWhatFollowsOnlyWhenItIsAccepted() throws Exception {
    try (Upstream up = accepting("HTTP/1.1 200 Connection established");
        EngineUnderTest proxy = proxy(listener("", BOTH), up.port(), UpstreamProtocol.HTTP1);
        Wire wire = proxy.connect()) {
      wire.send(CONNECT + "early");
      assertThat(wire.head())
          .startsWith("HTTP/1.1 200 OK\r\n")
          .doesNotContain("connection:", "content-length", "transfer-encoding");
      assertThat(wire.read(5)).isEqualTo("early");
      assertThat(up.heads.getFirst()).startsWith("CONNECT t:5 HTTP/1.1\r\nhost: t:5\r\n");
      assertThat(proxy.gauge("http.in.downstream_cx_upgrades_active")).isEqualTo(1);
    }
  }

  @Test
  void aDeclinedConnectIsAnOrdinaryAnswerAndTheRestTheNextRequest() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 405 No\r\ncontent-length: 2\r\n\r\nno");
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnext");
            });
        EngineUnderTest proxy = proxy(listener("", BOTH), up.port(), UpstreamProtocol.HTTP1);
        Wire wire = proxy.connect()) {
      wire.send(CONNECT + "GET /n HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(wire.response()).startsWith("HTTP/1.1 405 ").endsWith("no");
      assertThat(wire.response()).startsWith("HTTP/1.1 200 ").endsWith("next");
      assertThat(up.heads.get(1)).startsWith("GET /n HTTP/1.1\r\n");
    }
  }

  @Test
  void aConnectThatEndsHereIsPlainTcpToTheHost() throws Exception {
    try (Upstream up = new Upstream(ConnectTest::echo);
        EngineUnderTest proxy = proxy(listener(ENDED_HERE, ""), up.port(), UpstreamProtocol.HTTP1);
        Wire wire = proxy.connect();
        Http2Peer client = Http2Peer.client(proxy)) {
      wire.send(CONNECT + "abc");
      assertThat(wire.head()).startsWith("HTTP/1.1 200 OK\r\n");
      assertThat(wire.read(3)).isEqualTo("abc");
      Stream stream = client.open().headers(false, PLAIN).data("xyz", false);
      assertThat(stream.next()).startsWith("headers :status=200 ");
      assertThat(stream.next()).isEqualTo("data xyz");
      assertThat(proxy.gauge("cluster.up.upstream_cx_active")).isEqualTo(2);
      // The end goes through and comes back.
      stream.data("", true);
      assertThat(stream.next()).isEqualTo("data  end");
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 1);
      wire.socket.close();
      EngineUnderTest.await(() -> proxy.gauge("cluster.up.upstream_cx_active") == 0);
      EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_rq_active") == 0);
    }
  }

  @Test
  void aHostThatSpeaksFirstAndClosesIsHeardWhole() throws Exception {
    try (Upstream up = new Upstream(wire -> wire.send("hello"));
        EngineUnderTest proxy = proxy(listener(ENDED_HERE, ""), up.port(), UpstreamProtocol.HTTP1);
        Wire wire = proxy.connect()) {
      wire.send(CONNECT);
      assertThat(wire.head()).startsWith("HTTP/1.1 200 OK\r\n");
      assertThat(wire.rest()).isEqualTo("hello");
    }
  }

  @Test
  void aPostMayEndHereToo() throws Exception {
    String route =
        "routes: [{match: {prefix: /}, route: {cluster: up, upgrade_configs: [{upgrade_type:"
            + " CONNECT, connect_config: {allow_post: true}}]}}]";
    try (Upstream up = new Upstream(ConnectTest::echo);
        EngineUnderTest proxy =
            proxy(Yaml.http(Yaml.table(route)), up.port(), UpstreamProtocol.HTTP1);
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody"))
          .startsWith("HTTP/1.1 200 OK\r\n")
          .endsWith("4\r\nbody\r\n0\r\n\r\n");
    }
  }

  @Test
  void aRefusedConnectionIsToldAsOfAnyRequest() throws Exception {
    int port;
    try (Upstream closed = new Upstream(_ -> {})) {
      port = closed.port();
    }
    try (EngineUnderTest proxy = proxy(listener(ENDED_HERE, ""), port, UpstreamProtocol.HTTP1);
        Wire wire = proxy.connect()) {
      assertThat(wire.roundTrip(CONNECT)).startsWith("HTTP/1.1 503 ");
      assertThat(proxy.gauge("cluster.up.upstream_cx_active")).isZero();
    }
  }

  @Test
  void connectBetweenTheVersionsOfHttp() throws Exception {
    BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(streams::add, false);
        EngineUnderTest proxy = proxy(listener("", BOTH), up.port(), UpstreamProtocol.HTTP2);
        Wire wire = proxy.connect();
        Http2Peer client = Http2Peer.client(proxy)) {
      wire.send(CONNECT + "early");
      Stream there = next(streams);
      assertThat(there.next())
          .startsWith("headers :method=CONNECT :authority=t:5 ")
          .doesNotContain(":path", ":scheme", " end");
      there.headers(false, ":status", "200").data("back", false);
      assertThat(there.next()).isEqualTo("data early");
      assertThat(wire.head()).startsWith("HTTP/1.1 200 OK\r\n");
      assertThat(wire.read(4)).isEqualTo("back");

      Stream here = client.open().headers(false, PLAIN).data("soon", false);
      there = next(streams);
      assertThat(there.next()).startsWith("headers :method=CONNECT :authority=t:5 ");
      there.headers(false, ":status", "201");
      assertThat(here.next()).startsWith("headers :status=201 ");
      assertThat(there.next()).isEqualTo("data soon");
      there.data("bye", true);
      assertThat(here.next()).isEqualTo("data bye end");
    }
  }

  @Test
  void aWebSocketInAStreamReachesAHostOfHttp1() throws Exception {
    try (Upstream up =
            accepting("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket");
        EngineUnderTest proxy = proxy(listener("", BOTH), up.port(), UpstreamProtocol.HTTP1);
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.open().headers(false, EXTENDED).data("frame", false);
      assertThat(here.next())
          .startsWith("headers :status=200 ")
          .doesNotContain("upgrade", "connection");
      assertThat(here.next()).isEqualTo("data frame");
      assertThat(up.heads.getFirst())
          .startsWith("GET /chat HTTP/1.1\r\nhost: a\r\n")
          .contains("connection: upgrade\r\nupgrade: websocket\r\n");
      here.data("last", true);
      assertThat(here.next()).isEqualTo("data last");
      assertThat(here.next()).isEqualTo("data  end");
      EngineUnderTest.await(() -> proxy.gauge("http.in.downstream_cx_upgrades_active") == 0);
    }
  }

  @Test
  void whatIsSentWithAnOfferThatIsDeclinedReachesNobody() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno");
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnext");
            });
        EngineUnderTest proxy = proxy(listener("", BOTH), up.port(), UpstreamProtocol.HTTP1);
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here =
          client
              .open()
              .headers(false, EXTENDED)
              .data("GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n", false);
      assertThat(here.next()).startsWith("headers :status=403 ");
      here.data("more", true);
      assertThat(here.next()).isEqualTo("data no end");
      assertThat(client.get("/n").next()).startsWith("headers :status=200 ");
      assertThat(up.heads).hasSize(2);
      assertThat(up.heads.get(1)).startsWith("GET /n ");
    }
  }

  @Test
  void aWebSocketOfHttp1BecomesAStream() throws Exception {
    BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(streams::add, false);
        EngineUnderTest proxy = proxy(listener("", BOTH), up.port(), UpstreamProtocol.HTTP2);
        Wire wire = proxy.connect();
        Http2Peer client = Http2Peer.client(proxy)) {
      wire.send(OFFER + "early");
      Stream there = next(streams);
      assertThat(there.next())
          .startsWith("headers :method=CONNECT ")
          .contains(":protocol=websocket", ":path=/chat", ":scheme=http", ":authority=a")
          .doesNotContain(" upgrade=", " connection=");
      there.headers(false, ":status", "200");
      assertThat(wire.head())
          .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
          .contains("connection: upgrade\r\nupgrade: websocket\r\n");
      assertThat(there.next()).isEqualTo("data early");
      there.data("late", true);
      assertThat(wire.rest()).isEqualTo("late");

      Stream here = client.open().headers(false, EXTENDED);
      there = next(streams);
      assertThat(there.next()).contains(":protocol=websocket");
      there.headers(false, ":status", "404").data("none", true);
      assertThat(here.next()).startsWith("headers :status=404 ");
      assertThat(here.next()).isEqualTo("data none end");
    }
  }

  @Test
  void nobodyGetsWhatIsNotAllowed() throws Exception {
    String off = ", upgrade_configs: [{upgrade_type: connect, enabled: false}]";
    try (Upstream up = Upstream.answering("fine");
        EngineUnderTest proxy = proxy(listener(off, BOTH), up.port(), UpstreamProtocol.HTTP1);
        EngineUnderTest none =
            proxy(
                Yaml.routes("{match: {prefix: /}, route: {cluster: up}}"),
                up.port(),
                UpstreamProtocol.HTTP1);
        Wire wire = proxy.connect();
        Wire other = none.connect();
        Http2Peer client = Http2Peer.client(none)) {
      assertThat(wire.roundTrip(CONNECT)).startsWith("HTTP/1.1 403 ");
      // No route is for it.
      assertThat(other.roundTrip(CONNECT)).startsWith("HTTP/1.1 404 ");
      assertThat(other.roundTrip(OFFER)).startsWith("HTTP/1.1 403 ");
      assertThat(other.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith("fine");
      assertThat(client.open().headers(false, EXTENDED).next()).isEqualTo("reset PROTOCOL_ERROR");
      assertThat(client.open().headers(false, PLAIN).next()).startsWith("headers :status=404 ");
      assertThat(none.gauge("http.in.downstream_cx_upgrades_active")).isZero();
    }
  }

  @Test
  void aRouteAllowsWhatItsManagerDoesNotSpeakOf() throws Exception {
    String route =
        "routes: [{match: {prefix: /}, route: {cluster: up, upgrade_configs: [{upgrade_type:"
            + " WebSocket}]}}]";
    try (Upstream up =
            accepting("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket");
        EngineUnderTest proxy =
            proxy(Yaml.http(Yaml.table(route)), up.port(), UpstreamProtocol.HTTP1);
        Wire wire = proxy.connect()) {
      wire.send(OFFER + "x");
      assertThat(wire.head()).startsWith("HTTP/1.1 101 ");
      assertThat(wire.read(1)).isEqualTo("x");
    }
  }

  @Test
  void refusesByName() {
    assertThat(
            Yaml.refused(
                Yaml.table(
                    "routes: [{match: {prefix: /}, route: {cluster: up, upgrade_configs:"
                        + " [{upgrade_type: websocket, connect_config: {}}]}}]")))
        .contains("upgrade_configs[0].connect_config");
    assertThat(
            Yaml.refused(
                Yaml.table(
                    "routes: [{match: {prefix: /}, route: {cluster: up, upgrade_configs:"
                        + " [{upgrade_type: a}, {upgrade_type: A}]}}]")))
        .contains("upgrade_configs[1].upgrade_type");
  }

  @Test
  void aClusterMaySpeakWhatTheClientDoes() throws Exception {
    BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(streams::add, false);
        Upstream one = Upstream.answering("one");
        EngineUnderTest proxy =
            proxy(new Configs.Http().listener(), up.port(), UpstreamProtocol.DOWNSTREAM);
        EngineUnderTest other =
            proxy(new Configs.Http().listener(), one.port(), UpstreamProtocol.DOWNSTREAM);
        Http2Peer client = Http2Peer.client(proxy)) {
      Stream here = client.get("/");
      next(streams).headers(true, ":status", "204");
      assertThat(here.next()).startsWith("headers :status=204 ");
      assertThat(other.get("/")).endsWith("one");
      assertThat(proxy.counter("cluster.up.upstream_cx_http2_total")).isEqualTo(1);
      assertThat(other.counter("cluster.up.upstream_cx_http1_total")).isEqualTo(1);
    }
  }
}
