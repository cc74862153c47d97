package io.heddle.proxy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Upstream.Wire;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.AccessLogConfig.Format;
import io.heddle.xds.model.AccessLogConfig.Sink;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import io.heddle.xds.model.ListenerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes on the wire, and how many of them are fields, as access logs tell them. */
class WireBytesTest {
  private static final Format COUNTS =
      new Format.Text(
          "%DOWNSTREAM_WIRE_BYTES_RECEIVED% %DOWNSTREAM_HEADER_BYTES_RECEIVED%"
              + " %DOWNSTREAM_WIRE_BYTES_SENT% %DOWNSTREAM_HEADER_BYTES_SENT%"
              + " %UPSTREAM_WIRE_BYTES_SENT% %UPSTREAM_HEADER_BYTES_SENT%"
              + " %UPSTREAM_WIRE_BYTES_RECEIVED% %UPSTREAM_HEADER_BYTES_RECEIVED%\n",
          false);

  @TempDir Path folder;

  private Configs.Http http() {
    Configs.Http http = new Configs.Http();
    http.logs =
        List.of(new AccessLogConfig.Lines(new Sink.File(folder.resolve("log").toString()), COUNTS));
    return http;
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(folder.resolve("log"));
  }

  /** Bytes between the first line of a head and its empty line. */
  private static int fields(String message) {
    return message.indexOf("\r\n\r\n") - message.indexOf("\r\n");
  }

  private static String line(Object... numbers) {
    List<String> words = new ArrayList<>();
    for (Object number : numbers) {
      words.add(number.toString());
    }
    return String.join(" ", words);
  }

  @Test
  void everyRequestOfAConnectionIsCountedByItself() throws Exception {
    String answer = "HTTP/1.1 200 OK\r\nx-up:1\r\ncontent-length:  3\r\n\r\nabc";
    String get = "GET /p HTTP/1.1\r\nhost: h\r\naccept:  */*\r\n\r\n";
    String post = "POST /p HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello";
    List<String> responses = new ArrayList<>();
    List<String> heads;
    try (Upstream up =
            new Upstream(wire -> {
              while (wire.request() != null) {
                wire.send(answer);
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(http().listener(), Configs.cluster("up", up.port()))) {
      try (Wire wire = proxy.connect()) {
        responses.add(wire.roundTrip(get));
        responses.add(wire.roundTrip(post));
      }
      heads = up.heads;
    }
    // Blanks round values are on the wire, and are not the fields'.
    int came = "x-up:1\r\n".length() + "content-length:3\r\n".length();
    assertThat(lines())
        .containsExactly(
            line(
                get.length(),
                "host:h\r\naccept:*/*\r\n".length(),
                responses.get(0).length(),
                fields(responses.get(0)),
                heads.get(0).length(),
                fields(heads.get(0)),
                answer.length(),
                came),
            line(
                post.length(),
                "host:h\r\ncontent-length:5\r\n".length(),
                responses.get(1).length(),
                fields(responses.get(1)),
                heads.get(1).length() + 5,
                fields(heads.get(1)),
                answer.length(),
                came));
  }

  @Test
  void chunksAndTheirTrailersCount() throws Exception {
    String answer =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-end: 1\r\n\r\n";
    String get = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
    Configs.Http http = http();
    http.trailers = true;
    String response;
    String head;
    try (Upstream up =
            new Upstream(wire -> {
              if (wire.request() != null) {
                wire.send(answer);
              }
              var _ = wire.rest();
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(http.listener(), Configs.cluster("up", up.port()))) {
      try (Wire wire = proxy.connect()) {
        wire.send(get);
        response = wire.head() + wire.read("3\r\nabc\r\n0\r\nx-end: 1\r\n\r\n".length());
      }
      head = up.heads.getFirst();
    }
    assertThat(response).endsWith("\r\n0\r\nx-end: 1\r\n\r\n");
    assertThat(lines())
        .containsExactly(
            line(
                get.length(),
                "host:h\r\n".length(),
                response.length(),
                fields(response) + "x-end: 1\r\n".length(),
                head.length(),
                fields(head),
                answer.length(),
                "transfer-encoding:chunked\r\nx-end:1\r\n".length()));
  }

  @Test
  void aSecondAttemptAddsToTheFirst() throws Exception {
    List<String> heads = new CopyOnWriteArrayList<>();
    try (Upstream up =
            new Upstream(wire -> {
              String head = wire.request();
              if (head == null) {
                return;
              }
              heads.add(head);
              wire.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
              head = wire.request();
              if (head != null) {
                heads.add(head);
              }
            });
        EngineUnderTest proxy =
            EngineUnderTest.of(http().listener(), Configs.cluster("up", up.port()))) {
      try (Wire wire = proxy.connect()) {
        // The first connection dies of its second request, which is sent again.
        var _ = wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        assertThat(wire.roundTrip("GET / HTTP/1.1\r\nhost: a\r\n\r\n")).endsWith("x");
      }
    }
    assertThat(heads).hasSize(3);
    assertThat(lines().get(1).split(" ", -1)[4])
        .isEqualTo(Integer.toString(heads.get(1).length() + heads.get(2).length()));
  }

  @Test
  void aRefusedRequestHasCostItsBytes() throws Exception {
    String bad = "GET / HTTP/1.1\r\n\r\n";
    String response;
    try (EngineUnderTest proxy = EngineUnderTest.of(http().listener(), Configs.cluster("up"));
        Wire wire = proxy.connect()) {
      wire.send(bad);
      response = wire.rest();
    }
    assertThat(lines())
        .containsExactly(line(bad.length(), 0, response.length(), fields(response), 0, 0, 0, 0));
  }

  @Test
  void http2IsCountedAsItIsOnTheWire() throws Exception {
    try (Upstream up = Upstream.answering("abc");
        EngineUnderTest proxy =
            EngineUnderTest.of(http().listener(), Configs.cluster("up", up.port()));
        Http2Peer client = Http2Peer.client(proxy)) {
      for (int i = 0; i < 2; i++) {
        Http2Peer.Stream stream = client.open();
        stream.headers(false, Http2Peer.request("POST", "/p", "content-length", "5", "x", "yy"));
        stream.data("hello", true);
        assertThat(stream.next()).startsWith("headers :status=200");
        assertThat(stream.next()).isEqualTo("data abc end");
      }
    }
    int plain = ":methodPOST:path/p:schemehttp:authoritya".length() + "content-length5xyy".length();
    int[][] counts = new int[2][];
    for (int i = 0; i < 2; i++) {
      counts[i] = Stream.of(lines().get(i).split(" ", -1)).mapToInt(Integer::parseInt).toArray();
      assertThat(counts[i][0]).isEqualTo(counts[i][1] + 9 + "hello".length());
      assertThat(counts[i][2]).isEqualTo(counts[i][3] + 9 + "abc".length());
      assertThat(counts[i][1]).isBetween(9 + 6, 9 + plain);
    }
    // What was said before is only referred to.
    assertThat(counts[1][1]).isLessThan(counts[0][1]);
    assertThat(counts[1][3]).isLessThan(counts[0][3]);
  }

  @Test
  void aHostsHttp2IsCountedAsItIsOnTheWire() throws Exception {
    try (Http2Peer up =
            new Http2Peer(
                stream -> stream.headers(false, ":status", "200", "x", "y").data("abc", true),
                false);
        EngineUnderTest proxy =
            EngineUnderTest.of(
                http().listener(),
                Configs.cluster("up", up.port()).toBuilder()
                    .protocol(UpstreamProtocol.HTTP2)
                    .build())) {
      try (Wire wire = proxy.connect()) {
        assertThat(wire.roundTrip("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"))
            .startsWith("HTTP/1.1 200 ");
      }
    }
    int[] counts =
        Stream.of(lines().getFirst().split(" ", -1)).mapToInt(Integer::parseInt).toArray();
    assertThat(counts[4]).isEqualTo(counts[5] + 9 + "hello".length());
    // One octet for the status, five for the field.
    assertThat(counts[7]).isEqualTo(9 + 1 + 5);
    assertThat(counts[6]).isEqualTo(counts[7] + 9 + "abc".length());
  }

  @Test
  void aConnectionOfBytesHasNoFields() throws Exception {
    ListenerConfig tcp =
        Yaml.tcp(
            "access_log: [{name: f, typed_config: {'@type':"
                + " type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,"
                + " path: '"
                + folder.resolve("log")
                + "', log_format: {text_format_source: {inline_string:"
                + " \"%DOWNSTREAM_WIRE_BYTES_RECEIVED% %DOWNSTREAM_WIRE_BYTES_SENT%"
                + " %UPSTREAM_WIRE_BYTES_SENT% %UPSTREAM_WIRE_BYTES_RECEIVED%"
                + " %UPSTREAM_HEADER_BYTES_SENT%\\n\"}}}}]");
    try (Upstream up = new Upstream(wire -> wire.send(wire.read(5) + "!"));
        EngineUnderTest proxy = EngineUnderTest.of(tcp, Configs.cluster("up", up.port()))) {
      try (Wire wire = proxy.connect()) {
        wire.send("hello");
        assertThat(wire.rest()).isEqualTo("hello!");
      }
    }
    assertThat(lines()).containsExactly("5 6 5 6 0");
  }
}
