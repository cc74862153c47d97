package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** Requests counted by kind and by route, and copies that differ from what they copy. */
class RouteCountersTest {
  private static final String ROUTES =
      "virtual_clusters: [{name: writes, headers: [{name: ':method', string_match: {exact:"
          + " POST}}]}, {name: users, headers: [{name: ':path', string_match: {prefix: /u}}]}],"
          + " routes: [{match: {prefix: /u}, stat_prefix: people, route: {cluster: up}},"
          + " {match: {prefix: /d}, stat_prefix: dead, route: {cluster: dead}},"
          + " {match: {prefix: /}, route: {cluster: up}}]";

  @Test
  void requestsAreCountedByKindAndByRoute() throws Exception {
    try (Upstream up = Upstream.answering("a");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(Yaml.table(ROUTES)),
                Configs.cluster("up", up.port()),
                Configs.cluster("dead", 1));
        Wire wire = proxy.connect()) {
      for (String line : new String[] {"GET /u/1", "GET /u/2", "POST /u/3", "GET /x"}) {
        String request = line + " HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n";
        assertThat(wire.roundTrip(request)).endsWith("a");
      }
      assertThat(wire.roundTrip("GET /d HTTP/1.1\r\nhost: a\r\n\r\n")).contains(" 503 ");
      String kinds = "vhost.all.vcluster.";
      assertThat(proxy.counter(kinds + "users.upstream_rq_200")).isEqualTo(2);
      assertThat(proxy.counter(kinds + "users.upstream_rq_2xx")).isEqualTo(2);
      assertThat(proxy.counter(kinds + "users.upstream_rq_total")).isEqualTo(2);
      assertThat(proxy.counter(kinds + "writes.upstream_rq_completed")).isEqualTo(1);
      assertThat(proxy.counter(kinds + "other.upstream_rq_total")).isEqualTo(2);
      assertThat(proxy.counter(kinds + "other.upstream_rq_503")).isEqualTo(1);
      assertThat(proxy.counter("vhost.all.route.people.upstream_rq_200")).isEqualTo(3);
      assertThat(proxy.counter("vhost.all.route.people.upstream_rq_total")).isEqualTo(3);
      assertThat(proxy.counter("vhost.all.route.dead.upstream_rq_5xx")).isEqualTo(1);
    }
  }

  private static final String SAID =
      Yaml.table(
          ROUTES
              + ", response_headers_to_add: [{header: {key: x-said, value: '%VIRTUAL_CLUSTER_NAME%"
              + " %UPSTREAM_PROTOCOL%'}}]");

  @Test
  void theKindAndTheProtocolOfTheHostCanBeSaid() throws Exception {
    try (Upstream up = Upstream.answering("a");
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(SAID), Configs.cluster("up", up.port()), Configs.cluster("dead", 1))) {
      assertThat(proxy.get("/u")).contains("x-said: users HTTP/1.1\r\n");
      assertThat(proxy.get("/x")).containsPattern("x-said: +HTTP/1.1\r\n");
    }
  }

  @Test
  void aHostMaySpeakHttp2() throws Exception {
    BlockingQueue<Http2Peer.Stream> asked = new LinkedBlockingQueue<>();
    try (Http2Peer up = new Http2Peer(asked::add, false);
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(SAID),
                Configs.cluster("up", up.port()).toBuilder()
                    .protocol(UpstreamProtocol.HTTP2)
                    .build());
        Wire wire = proxy.connect()) {
      wire.send("GET /u HTTP/1.1\r\nhost: a\r\n\r\n");
      asked.take().headers(true, ":status", "200");
      assertThat(wire.response()).contains("x-said: users HTTP/2\r\n");
    }
  }

  @Test
  void aRequestThatTakesTooLongIsCounted() throws Exception {
    try (Upstream slow =
            new Upstream(wire -> {
              while (wire.request() != null) {
                assertThat(wire.socket.isClosed()).isFalse();
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.routes(
                    "{match: {prefix: /}, stat_prefix: s, route: {cluster: up, timeout: 0.05s}}"),
                Configs.cluster("up", slow.port()))) {
      assertThat(proxy.get("/")).contains(" 504 ");
      assertThat(proxy.counter("vhost.all.route.s.upstream_rq_timeout")).isEqualTo(1);
      assertThat(proxy.counter("vhost.all.route.s.upstream_rq_504")).isEqualTo(1);
    }
  }

  @Test
  void aKindNeedsANameAndHeaders() {
    assertThat(Yaml.refused(Yaml.table("virtual_clusters: [{}], routes: []")))
        .contains("virtual_hosts[0].virtual_clusters[0].name")
        .contains("virtual_hosts[0].virtual_clusters[0].headers");
  }

  @Test
  void aCopyHasItsOwnHeadersAndTheTrailers() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              assertThat(wire.head()).isNotEmpty();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            });
        Upstream shadow =
            new Upstream(wire -> {
              String head = wire.request();
              assertThat(head).isNotNull();
              // The body ends with its trailers and an empty line.
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(
                Yaml.http(
                    Yaml.table(
                            "routes: [{match: {prefix: /}, route: {cluster: up,"
                                + " request_mirror_policies: [{cluster: shadow,"
                                + " request_headers_mutations: [{remove: x-gone}, {append: {header:"
                                + " {key: x-new, value: '%REQ(x-kept)%'}}}, {append: {header: {key:"
                                + " x-kept, value: n}, append_action:"
                                + " OVERWRITE_IF_EXISTS_OR_ADD}}]}]}}]")
                        + ", http_protocol_options: {enable_trailers: true}"),
                Configs.cluster("up", up.port()),
                Configs.cluster("shadow", shadow.port()));
        Wire wire = proxy.connect()) {
      String answer =
          wire.roundTrip(
              "POST /a HTTP/1.1\r\nhost: h\r\nx-gone: 1\r\nx-kept: k\r\ntransfer-encoding:"
                  + " chunked\r\ntrailer: x-t\r\n\r\n2\r\nhi\r\n0\r\nx-t: end\r\n\r\n");
      assertThat(answer).startsWith("HTTP/1.1 200");
      EngineUnderTest.await(() -> shadow.heads.size() == 2);
      assertThat(shadow.heads.getFirst())
          .doesNotContain("x-gone")
          .contains("x-new: k\r\n")
          .contains("x-kept: n\r\n");
      assertThat(shadow.heads.getLast()).isEqualTo("2\r\nhi\r\n0\r\nx-t: end\r\n\r\n");
      EngineUnderTest.await(() -> proxy.counter("cluster.shadow.upstream_rq_2xx") == 1);
      EngineUnderTest.await(() -> proxy.gauge("cluster.shadow.upstream_rq_active") == 0);
    }
  }

  @Test
  void whatACopyCannotHaveIsRefused() {
    assertThat(
            Yaml.refused(
                Yaml.table(
                    "routes: [{match: {prefix: /}, route: {cluster: up, request_mirror_policies:"
                        + " [{cluster: s, request_headers_mutations: [{remove: ':path'}, {},"
                        + " {remove_on_match: {}}]}]}}]")))
        .contains("request_headers_mutations[0].remove")
        .contains("request_headers_mutations[1]")
        .contains("request_headers_mutations[2].remove_on_match");
  }
}
