package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Requests and responses of every framing, end to end. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class ProxyingTest {
  @Test
  void forwardsRequestAndResponse() throws Exception {
    try (Upstream up = Upstream.answering("hello");
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()))) {
      String response = proxy.get("/path?q=1");
      assertThat(response).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nhello");
      assertThat(response)
          .contains("server: envoy\r\n", "x-envoy-upstream-service-time: ", "date: ");
      assertThat(up.heads.getFirst())
          .startsWith("GET /path?q=1 HTTP/1.1\r\nhost: a\r\n")
          .contains("x-forwarded-proto: http\r\n", "x-envoy-expected-rq-timeout-ms: 15000\r\n")
          .containsPattern(
              "x-request-id: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    }
  }

  @Test
  void keepsTheUpstreamsDate() throws Exception {
    String date = "date: Thu, 01 Jan 2015 00:00:00 GMT\r\n";
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\n" + date + "content-length: 0\r\n\r\n");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()))) {
      assertThat(proxy.get("/")).contains(date).containsOnlyOnce("date: ");
    }
  }

  @Test
  void keepsBothConnectionsAlive() throws Exception {
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      for (int i = 0; i < 20; i++) {
        assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith("\r\n\r\nx");
      }
      assertThat(up.connections).hasValue(1);
      assertThat(proxy.counter("http.in.downstream_rq_2xx")).isEqualTo(20);
      assertThat(proxy.counter("cluster.up.upstream_rq_200")).isEqualTo(20);
      assertThat(proxy.counter("cluster.up.upstream_cx_total")).isEqualTo(1);
      assertThat(proxy.gauge("http.in.downstream_rq_active")).isZero();
      assertThat(proxy.gauge("cluster.up.upstream_rq_active")).isZero();
    }
  }

  @Test
  void servesPipelinedRequestsInOrder() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              for (String head = wire.request(); head != null; head = wire.request()) {
                String path = head.substring(4, head.indexOf(" HTTP"));
                wire.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + path);
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 8; i++) {
        all.append("GET /" + i + " HTTP/1.1\r\nhost: a\r\n\r\n");
      }
      wire.send(all.toString());
      for (int i = 0; i < 8; i++) {
        assertThat(wire.response()).endsWith("\r\n\r\n/" + i);
      }
    }
  }

  @Test
  void passesBodiesByLengthAndByChunks() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              String first = wire.head();
              assertThat(first).contains("content-length: 5\r\n");
              assertThat(wire.read(5)).isEqualTo("hello");
              wire.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
              wire.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
              String second = wire.head();
              assertThat(second).contains("transfer-encoding: chunked\r\n");
              String body = wire.read("3\r\nxyz\r\n0\r\n\r\n".length());
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n" + body.substring(3, 6));
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      String chunked =
          wire.roundTrip("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello");
      assertThat(chunked)
          .contains("transfer-encoding: chunked\r\n")
          .endsWith("\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
      String plain =
          wire.roundTrip(
              "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
                  + "3;ext=1\r\nxyz\r\n0\r\n\r\n");
      assertThat(plain).endsWith("\r\n\r\nxyz");
    }
  }

  @Test
  void passesTrailersWhereEnabled() throws Exception {
    Configs.Http http = new Configs.Http();
    http.trailers = true;
    try (Upstream up =
            new Upstream(wire -> {
              assertThat(wire.head()).contains("transfer-encoding: chunked\r\n");
              assertThat(wire.read("1\r\na\r\n0\r\nx-sum: 1\r\n\r\n".length()))
                  .isEqualTo("1\r\na\r\n0\r\nx-sum: 1\r\n\r\n");
              wire.send(
                  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                      + "1\r\nb\r\n0\r\nx-check: 2\r\n\r\n");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(http.listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      wire.send(
          "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
              + "1\r\na\r\n0\r\nx-sum: 1\r\n\r\n");
      String head = wire.head();
      assertThat(head).contains("transfer-encoding: chunked\r\n");
      String expected = "1\r\nb\r\n0\r\nx-check: 2\r\n\r\n";
      assertThat(wire.read(expected.length())).isEqualTo(expected);
    }
  }

  @Test
  void answersHeadWithoutBodyAndGoesOn() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              assertThat(wire.request()).startsWith("HEAD ");
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n");
              var _ = wire.request();
              wire.send("HTTP/1.1 204 No Content\r\n\r\n");
              var _ = wire.request();
              wire.send("HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      wire.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(wire.head()).contains("content-length: 500\r\n");
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(wire.head()).startsWith("HTTP/1.1 204").doesNotContain("content-length");
      wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(wire.head()).startsWith("HTTP/1.1 304").contains("content-length: 7\r\n");
    }
  }

  @Test
  void answersExpectationItselfAndRelaysEarlyHints() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              assertThat(wire.request()).doesNotContain("expect: ");
              wire.send("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n");
      assertThat(wire.head()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      wire.send("ok");
      assertThat(wire.head()).startsWith("HTTP/1.1 103").contains("link: </a>\r\n");
      assertThat(wire.head()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void refusesUpgradeAndConnect() throws Exception {
    try (EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener())) {
      try (Wire wire = proxy.connect()) {
        assertThat(
                wire.roundTrip(
                    "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\n"
                        + "upgrade: websocket\r\n\r\n"))
            .startsWith("HTTP/1.1 403 Forbidden\r\n");
      }
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip("CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n"))
            .startsWith("HTTP/1.1 404 Not Found\r\n");
      }
    }
  }

  @Test
  void firstResponseByteLeavesBeforeLastRequestByteHasCome() throws Exception {
    CountDownLatch rest = new CountDownLatch(1);
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.head();
              assertThat(wire.read(3)).isEqualTo("abc");
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nXYZ");
              assertThat(wire.read(3)).isEqualTo("def");
              wire.send("123");
              rest.countDown();
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabc");
      assertThat(wire.head()).startsWith("HTTP/1.1 200");
      assertThat(wire.read(3)).isEqualTo("XYZ");
      wire.send("def");
      assertThat(wire.read(3)).isEqualTo("123");
      rest.await();
      // The connection goes on: both messages were whole.
      assertThat(proxy.gauge("http.in.downstream_cx_active")).isEqualTo(1);
    }
  }

  @Test
  void earlyResponseEndsTheConnectionWithoutLosingTheResponse() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.head();
              wire.send("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno");
              var _ = wire.rest();
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()));
        Wire wire = proxy.connect()) {
      wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nabc");
      assertThat(wire.response()).startsWith("HTTP/1.1 413").endsWith("no");
      assertThat(wire.rest()).isEmpty();
    }
  }

  @Test
  void malformedRequestIsRefusedAndTheConnectionCloses() throws Exception {
    try (EngineUnderTest proxy = EngineUnderTest.of(new Configs.Http().listener());
        Wire wire = proxy.connect()) {
      wire.send(
          "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n");
      assertThat(wire.response()).startsWith("HTTP/1.1 400 ").contains("connection: close\r\n");
      assertThat(wire.rest()).isEmpty();
      assertThat(proxy.counter("http.in.downstream_cx_protocol_error")).isEqualTo(1);
    }
  }

  @Test
  void malformedResponseBecomes502() throws Exception {
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n");
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(new Configs.Http().listener(), Configs.cluster("up", up.port()))) {
      assertThat(proxy.get("/"))
          .startsWith("HTTP/1.1 502 ")
          .endsWith("before headers. reset reason: protocol error");
    }
  }
}
