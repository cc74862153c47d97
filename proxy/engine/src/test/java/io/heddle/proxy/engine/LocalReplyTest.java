package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.ListenerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code local_reply_config} and {@code access_log_options} make of responses and logs. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
class LocalReplyTest {
  private static final String ROUTES =
      Yaml.table(
          "routes: [{match: {path: /said}, direct_response: {status: 404, body: {inline_string:"
              + " own}}}, {match: {prefix: /up}, route: {cluster: up}}]");

  @TempDir Path folder;

  private static String mapper(int status, String more) {
    return "{filter: {status_code_filter: {comparison: {op: EQ, value: {default_value: "
        + status
        + ", runtime_key: k}}}}, "
        + more
        + "}";
  }

  private static ListenerConfig replying(String config) {
    return Yaml.http(ROUTES + ", local_reply_config: {" + config + "}");
  }

  @Test
  void theFirstMapperThatFitsChangesTheReply() throws Exception {
    String mappers =
        "mappers: ["
            + mapper(500, "status_code: 501")
            + ", "
            + mapper(
                404,
                "status_code: 410, body: {inline_string: gone}, headers_to_add: [{header: {key:"
                    + " x-was, value: '%RESPONSE_CODE%'}}]")
            + ", "
            + mapper(404, "status_code: 411")
            + "]";
    try (EngineUnderTest proxy = EngineUnderTest.of(replying(mappers))) {
      assertThat(proxy.get("/none"))
          .startsWith("HTTP/1.1 410 ")
          .contains("\r\nx-was: 404\r\n")
          .contains("\r\ncontent-type: text/plain\r\n")
          .contains("\r\ncontent-length: 4\r\n")
          .endsWith("\r\n\r\ngone");
      assertThat(proxy.get("/said")).startsWith("HTTP/1.1 410 ").endsWith("gone");
    }
  }

  @Test
  void bodiesAreFormattedAndMappersMayFormatThemOtherwise() throws Exception {
    String config =
        "mappers: ["
            + mapper(
                503,
                "body_format_override: {text_format: '<%LOCAL_REPLY_BODY%>', content_type:"
                    + " text/html}")
            + "], body_format: {json_format: {code: '%RESPONSE_CODE%', said:"
            + " '%LOCAL_REPLY_BODY%', of: 'path %REQ(:PATH)%'}}";
    try (EngineUnderTest proxy = EngineUnderTest.of(replying(config))) {
      assertThat(proxy.get("/said"))
          .startsWith("HTTP/1.1 404 ")
          .contains("\r\ncontent-type: application/json\r\n")
          .contains("\"code\":404")
          .contains("\"said\":\"own\"")
          .contains("\"of\":\"path /said\"");
      assertThat(proxy.get("/none")).contains("\"said\":\"\"");
      assertThat(proxy.get("/up"))
          .startsWith("HTTP/1.1 503 ")
          .contains("\r\ncontent-type: text/html\r\n")
          .endsWith("<>");
    }
  }

  @Test
  void responsesOfUpstreamsAreLeftAlone() throws Exception {
    String config = "mappers: [" + mapper(404, "status_code: 410") + "]";
    try (Upstream up =
            new Upstream(wire -> {
              var _ = wire.request();
              wire.send("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
              var _ = wire.rest();
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(replying(config), Configs.cluster("up", up.port()))) {
      assertThat(proxy.get("/up")).startsWith("HTTP/1.1 404 ");
    }
  }

  @Test
  void aGrpcReplyTellsTheMappedStatus() throws Exception {
    String config =
        "mappers: [" + mapper(404, "status_code: 403, body: {inline_string: not for you}") + "]";
    try (EngineUnderTest proxy = EngineUnderTest.of(replying(config));
        Wire wire = proxy.connect()) {
      assertThat(
              wire.roundTrip(
                  "POST /none HTTP/1.1\r\nhost: a\r\ncontent-type: application/grpc\r\n"
                      + "content-length: 0\r\n\r\n"))
          .startsWith("HTTP/1.1 200 ")
          .contains("\r\ngrpc-status: 7\r\n")
          .contains("\r\ngrpc-message: not for you\r\n");
    }
  }

  @Test
  void whatCannotBeReadIsRefusedByItsField() {
    assertThat(Yaml.refused(ROUTES + ", local_reply_config: {mappers: [{status_code: 410}]}"))
        .contains("local_reply_config.mappers[0].filter");
    assertThat(
            Yaml.refused(
                ROUTES
                    + ", local_reply_config: {mappers: ["
                    + mapper(404, "status_code: 100")
                    + "]}"))
        .contains("local_reply_config.mappers[0].status_code");
    assertThat(
            Yaml.refused(ROUTES + ", local_reply_config: {body_format: {omit_empty_values: true}}"))
        .contains("local_reply_config.body_format");
    assertThat(Yaml.refused(ROUTES + ", access_log_options: {access_log_flush_interval: 0s}"))
        .contains("access_log_options.access_log_flush_interval");
    ListenerConfig unknown =
        replying("mappers: [" + mapper(404, "body_format_override: {text_format: '%NO%'}") + "]");
    try (EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1))) {
      assertThat(proxy.engine.applyListener(unknown).toCompletableFuture().join().toString())
          .contains("local_reply_config.mappers[0]")
          .contains("%NO%");
    }
  }

  private List<String> logged(String options, String filter, EngineUnderTest proxy, Path file)
      throws Exception {
    proxy.bind(
        Yaml.http(
            ROUTES
                + options
                + ", access_log: [{name: f, "
                + filter
                + "typed_config: {'@type':"
                + " type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,"
                + " path: '"
                + file
                + "', log_format: {text_format_source: {inline_string: \"%ACCESS_LOG_TYPE%"
                + " %RESPONSE_CODE% %UPSTREAM_HOST%\\n\"}}}}]"));
    assertThat(proxy.get("/up")).startsWith("HTTP/1.1 200 ");
    proxy.close();
    return Files.readAllLines(file);
  }

  private static boolean contains(Path file, String text) {
    try {
      return Files.readString(file).contains(text);
    } catch (IOException notYet) {
      return false;
    }
  }

  @Test
  void entriesAreWrittenAtTheBeginningAndAgainAndAgain() throws Exception {
    Path file = folder.resolve("all.log");
    try (Upstream up =
        new Upstream(wire -> {
          var _ = wire.request();
          EngineUnderTest.await(() -> contains(file, "DownstreamPeriodic"));
          wire.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
          var _ = wire.rest();
        })) {
      EngineUnderTest proxy =
          new EngineUnderTest(
              Engine.builder().concurrency(1).logFlushInterval(Duration.ofMillis(1)));
      proxy.cluster(Configs.cluster("up", up.port()));
      String options =
          ", access_log_options: {flush_access_log_on_new_request: true,"
              + " access_log_flush_interval: 0.001s}";
      List<String> lines = logged(options, "", proxy, file);
      assertThat(lines.getFirst()).isEqualTo("DownstreamStart 0 -");
      assertThat(lines.getLast()).isEqualTo("DownstreamEnd 200 127.0.0.1:" + up.port());
      assertThat(lines.subList(1, lines.size() - 1))
          .isNotEmpty()
          .allMatch(line -> line.startsWith("DownstreamPeriodic 0 "));
    }
  }

  @Test
  void kindsOfEntriesCanBeFiltered() throws Exception {
    try (Upstream up = Upstream.answering("x")) {
      EngineUnderTest proxy = new EngineUnderTest(Engine.builder().concurrency(1));
      proxy.cluster(Configs.cluster("up", up.port()));
      assertThat(
              logged(
                  ", access_log_options: {flush_access_log_on_new_request: true}",
                  "filter: {log_type_filter: {types: [DownstreamStart]}}, ",
                  proxy,
                  folder.resolve("some.log")))
          .containsExactly("DownstreamStart 0 -");
    }
  }
}
