package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Http2Peer.Stream;
import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ClusterConfig;
import org.junit.jupiter.api.Test;

/** Local replies to gRPC have its form, and those to others do not. */
class GrpcReplyTest {
  private static EngineUnderTest proxy(String routes, ClusterConfig... clusters) {
    return EngineUnderTest.of(Yaml.routes(routes), clusters);
  }

  private static String[] call(String path, String type) {
    return Http2Peer.request("POST", path, "te", "trailers", "content-type", type);
  }

  @Test
  void statusesAreMappedAndTheBodyIsTheMessage() throws Exception {
    String[][] expected = {
      {"400", "13"},
      {"401", "16"},
      {"403", "7"},
      {"404", "12"},
      {"429", "14"},
      {"500", "2"},
      {"502", "14"},
      {"503", "14"},
      {"504", "14"},
      {"418", "2"},
      {"200", "2"}
    };
    StringBuilder routes = new StringBuilder();
    for (String[] each : expected) {
      routes.append(
          "{match: {path: /%s}, direct_response: {status: %s, body: {inline_string: '50%% of ~é'}}},"
              .formatted(each[0], each[0]));
    }
    try (EngineUnderTest proxy = proxy(routes.toString());
        Http2Peer client = Http2Peer.client(proxy)) {
      for (String[] each : expected) {
        Stream stream = client.open().headers(true, call("/" + each[0], "application/grpc"));
        assertThat(stream.next())
            .as(each[0])
            .startsWith("headers :status=200 ")
            .contains(" content-type=application/grpc ", " grpc-status=" + each[1] + " ")
            .contains(" grpc-message=50%25 of %7E%C3%A9")
            .doesNotContain("content-length")
            .endsWith(" end");
      }
    }
  }

  @Test
  void failuresOfTheUpstreamAndOfTheRouteToo() throws Exception {
    try (EngineUnderTest proxy =
            proxy("{match: {path: /up}, route: {cluster: up}}", Configs.cluster("up"));
        Http2Peer client = Http2Peer.client(proxy)) {
      assertThat(client.open().headers(true, call("/none", "application/grpc+proto")).next())
          .contains(" grpc-status=12 ")
          .doesNotContain("grpc-message")
          .endsWith(" end");
      assertThat(client.open().headers(true, call("/up", "application/grpc")).next())
          .contains(" grpc-status=14 ", " grpc-message=no healthy upstream")
          .endsWith(" end");
      assertThat(proxy.counter("cluster.up.upstream_rq_503")).isEqualTo(1);
      assertThat(proxy.counter("http.in.downstream_rq_2xx")).isEqualTo(2);
    }
  }

  @Test
  void overHttp1TooAndOthersGetWhatTheyGot() throws Exception {
    try (EngineUnderTest proxy =
            proxy(
                "{match: {prefix: /}, direct_response: {status: 403, body: {inline_string: no}}}");
        Wire wire = proxy.connect();
        Http2Peer client = Http2Peer.client(proxy)) {
      String request =
          "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ncontent-type: %s\r\n\r\n";
      assertThat(wire.roundTrip(request.formatted("application/grpc")))
          .startsWith("HTTP/1.1 200 OK\r\n")
          .contains("grpc-status: 7\r\n", "grpc-message: no\r\n", "content-length: 0\r\n");
      assertThat(wire.roundTrip(request.formatted("application/grpc-web")))
          .startsWith("HTTP/1.1 403 ")
          .endsWith("no");
      Stream stream = client.open().headers(true, call("/", "text/plain"));
      assertThat(stream.next()).startsWith("headers :status=403 ").doesNotContain("grpc");
      assertThat(stream.next()).isEqualTo("data no end");
    }
  }
}
