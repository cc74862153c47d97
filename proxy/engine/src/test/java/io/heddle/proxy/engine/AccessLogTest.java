package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.AccessLogConfig.Format;
import io.heddle.xds.model.AccessLogConfig.Sink;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.StructValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines as Envoy writes them. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class AccessLogTest {
  @TempDir Path folder;

  private static final String GET =
      "GET /p?q HTTP/1.1\r\nhost: h\r\nuser-agent: test\r\nx-request-id: id-1\r\n\r\n";

  private String line(Format format, String request) throws Exception {
    ManualTime time = new ManualTime();
    Path file = folder.resolve("access.log");
    Configs.Http http = new Configs.Http();
    http.logs = List.of(new AccessLogConfig.Lines(new Sink.File(file.toString()), format));
    try (Upstream up =
        new Upstream(wire -> {
          var _ = wire.request();
          wire.send("HTTP/1.1 201 Created\r\nx-up: 1\r\ncontent-length: 3\r\n\r\nabc");
          var _ = wire.rest();
        })) {
      try (EngineUnderTest proxy =
          new EngineUnderTest(
              Engine.builder().concurrency(1).clock(time).nanoTime(time::nanoTime))) {
        proxy.cluster(Configs.cluster("up", up.port()));
        proxy.bind(http.listener());
        try (Wire wire = proxy.connect()) {
          var _ = wire.roundTrip(request);
        }
      }
      String all = Files.readString(file);
      Files.delete(file);
      return all.replace(":" + up.port(), ":UP");
    }
  }

  @Test
  void defaultLineIsEnvoysToTheByte() throws Exception {
    assertThat(line(Format.Default.DEFAULT, GET))
        .isEqualTo(
            "[2026-01-01T00:00:00.000Z] \"GET /p?q HTTP/1.1\" 201 - 0 3 0 0 \"-\" \"test\""
                + " \"id-1\" \"h\" \"127.0.0.1:UP\"\n");
  }

  @Test
  void refusedRequestHasALineToo() throws Exception {
    assertThat(line(Format.Default.DEFAULT, "GET / HTTP/1.1\r\n\r\n"))
        .isEqualTo(
            "[2026-01-01T00:00:00.000Z] \"GET / HTTP/1.1\" 400 DPE 0 11 0 - \"-\" \"-\" \"-\" \"-\""
                + " \"-\"\n");
  }

  @Test
  void requestsOfHttp2ThatBreakItHaveLinesToo() throws Exception {
    Path file = folder.resolve("http2.log");
    Configs.Http http = new Configs.Http();
    http.logs =
        List.of(
            new AccessLogConfig.Lines(
                new Sink.File(file.toString()),
                new Format.Text(
                    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %PROTOCOL%"
                        + " %REQ(:PATH)%\n",
                    false)));
    String[][] heads = {
      {":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a "},
      {":method", "GET", ":scheme", "http", ":path", "/"},
      Http2Peer.request("GET", "/", "Upper", "x"),
      Http2Peer.request("POST", "/", "content-length", "x"),
    };
    try (Upstream up = Upstream.answering("fine");
        EngineUnderTest proxy =
            EngineUnderTest.of(http.listener(), Configs.cluster("up", up.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      for (String[] head : heads) {
        assertThat(client.open().headers(true, head).next()).isEqualTo("reset PROTOCOL_ERROR");
      }
      Http2Peer.Stream longer = client.open();
      longer.headers(false, Http2Peer.request("POST", "/long", "content-length", "2"));
      longer.data("abc", true);
      assertThat(longer.next()).isEqualTo("reset PROTOCOL_ERROR");
    }
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "0 DPE http2.invalid.header.field HTTP/2 -",
            "0 DPE http2.violation.of.messaging.rule HTTP/2 -",
            "0 DPE http2.invalid.header.field HTTP/2 -",
            "0 DPE http2.invalid.header.field HTTP/2 -",
            "0 DPE http2.violation.of.messaging.rule HTTP/2 /long");
  }

  @Test
  void textFormatKnowsTheCommonOperators() throws Exception {
    assertThat(
            line(
                new Format.Text(
                    "%START_TIME(%d/%b/%Y:%T %6f)% %REQ(X-NONE?USER-AGENT):2% %RESP(X-UP)%"
                        + " %RESPONSE_CODE_DETAILS% %UPSTREAM_CLUSTER% %ROUTE_NAME%"
                        + " %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %REQUEST_DURATION%"
                        + " %UPSTREAM_REQUEST_ATTEMPT_COUNT% %DYNAMIC_METADATA(a:b)% 100%%|",
                    false),
                GET))
        .isEqualTo("01/Jan/2026:00:00:00 000000 te 1 via_upstream up r 127.0.0.1 0 1 - 100%|");
  }

  @Test
  void textFormatKnowsTheRareOperators() throws Exception {
    assertThat(
            line(
                new Format.Text(
                    "%REQ_WITHOUT_QUERY(X-NONE?:PATH)% %PATH% %PATH(NQ:PATH)% %QUERY_PARAM(q)%"
                        + " %QUERY_PARAM(none)% %GRPC_STATUS% %RESPONSE_FLAGS_LONG%"
                        + " %ACCESS_LOG_TYPE% %CONNECTION_TERMINATION_DETAILS% %TRACE_ID%"
                        + " %UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_PEER_SUBJECT%"
                        + " %COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)% %ENVIRONMENT(NO_SUCH_NAME)%"
                        + " %UPSTREAM_PROTOCOL% %VIRTUAL_CLUSTER_NAME%|",
                    false),
                GET))
        .isEqualTo("/p /p?q /p - - - - DownstreamEnd - - 127.0.0.1 - 0 - HTTP/1.1 -|");
  }

  private static Map<String, StructValue.Fields> shop(int n) {
    return Map.of("shop", new StructValue.Fields(Map.of("n", new StructValue.Numeric(n))));
  }

  @Test
  void metadataOfTheConfigurationCanBeLogged() throws Exception {
    Path file = folder.resolve("metadata.log");
    String metadata = "metadata: {filter_metadata: {shop: {%s: {n: 1}}}}";
    ListenerConfig listener =
        Yaml.http(
            "access_log: [{name: f, typed_config: {'@type':"
                + " type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,"
                + " path: '"
                + file
                + "', log_format: {text_format_source: {inline_string:"
                + " \"%METADATA(ROUTE:shop:route:n)% %METADATA(VIRTUAL_HOST:shop)%"
                + " %METADATA(CLUSTER:shop:cluster)% %CLUSTER_METADATA(shop:cluster:n)%"
                + " %METADATA(ROUTE:none)% %METADATA(LISTENER:shop:n)%"
                + " %METADATA(LISTENER_FILTER_CHAIN:shop:n)%\\n\"}}}}], "
                + Yaml.table(
                    metadata.formatted("host")
                        + ", routes: [{match: {prefix: /}, "
                        + metadata.formatted("route")
                        + ", route: {cluster: up}}]"));
    try (Upstream up = Upstream.answering("x")) {
      ClusterConfig cluster =
          Configs.cluster("up", up.port()).toBuilder()
              .metadata(
                  Map.of(
                      "shop",
                      new StructValue.Fields(
                          Map.of(
                              "cluster",
                              new StructValue.Fields(Map.of("n", new StructValue.Numeric(2)))))))
              .build();
      FilterChainConfig chain = listener.filterChains().getFirst();
      ListenerConfig described =
          listener.toBuilder()
              .metadata(shop(3))
              .filterChains(
                  List.of(
                      new FilterChainConfig(
                          chain.name(),
                          chain.filters(),
                          chain.match(),
                          chain.transport(),
                          chain.transportTimeout(),
                          shop(4))))
              .build();
      try (EngineUnderTest proxy = EngineUnderTest.of(described, cluster)) {
        assertThat(proxy.get("/")).startsWith("HTTP/1.1 200 ");
      }
    }
    assertThat(Files.readString(file)).isEqualTo("1 {\"host\":{\"n\":1}} {\"n\":2} 2 - 3 4\n");
  }

  @Test
  void jsonKeepsNumbersQuotesTheRestAndSortsItsKeys() throws Exception {
    Map<String, StructValue> fields = new LinkedHashMap<>();
    fields.put("code", new StructValue.Text("%RESPONSE_CODE%"));
    fields.put("what", new StructValue.Text("%REQ(:METHOD)% \"%REQ(:PATH)%\""));
    fields.put("none", new StructValue.Text("%REQ(X-NONE)%"));
    fields.put("deep", new StructValue.Fields(Map.of("n", new StructValue.Numeric(3))));
    assertThat(line(new Format.Json(new StructValue.Fields(fields), false), GET))
        .isEqualTo(
            "{\"code\":201,\"deep\":{\"n\":3},\"none\":null,\"what\":\"GET \\\"/p?q\\\"\"}\n");
    assertThat(line(new Format.Json(new StructValue.Fields(fields), true), GET))
        .isEqualTo("{\"code\":201,\"deep\":{\"n\":3},\"what\":\"GET \\\"/p?q\\\"\"}\n");
  }

  @Test
  void unknownOperatorIsRefusedByName() {
    Configs.Http http = new Configs.Http();
    http.logs =
        List.of(
            new AccessLogConfig.Lines(
                Sink.Standard.STDOUT, new Format.Text("%BYTES_SENT% %NO_SUCH%", false)));
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      assertThat(proxy.engine.checkListener(http.listener()))
          .singleElement()
          .satisfies(error -> assertThat(error.offending()).contains("%NO_SUCH%"));
    }
  }

  @Test
  void filesAreOpenedAnewOnDemand() throws Exception {
    Path file = folder.resolve("rotated.log");
    Path old = folder.resolve("old.log");
    Configs.Http http = new Configs.Http();
    http.logs =
        List.of(
            new AccessLogConfig.Lines(
                new Sink.File(file.toString()), new Format.Text("line\n", false)));
    try (Upstream up = Upstream.answering("x");
        EngineUnderTest proxy =
            new EngineUnderTest(
                Engine.builder().concurrency(1).logFlushInterval(java.time.Duration.ofMillis(5)))) {
      proxy.cluster(Configs.cluster("up", up.port()));
      proxy.bind(http.listener());
      var _ = proxy.get("/");
      EngineUnderTest.await(() -> file.toFile().length() == 5);
      Files.move(file, old);
      proxy.engine.reopenAccessLogs();
      EngineUnderTest.await(() -> file.toFile().exists());
      var _ = proxy.get("/");
      EngineUnderTest.await(() -> file.toFile().length() == 5);
      assertThat(old).hasSize(5);
    }
  }
}
