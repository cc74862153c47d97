package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@SuppressWarnings("StringConcatToTextBlock") // The line ends are what is tested.
final class ResponseParserTest {
  static Stream<Arguments> accepted() {
    return Stream.of(
        arguments(
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HEAD 200 content-length=5 LENGTH5 keep\nDATA hello\nEND\n",
            "GET"),
        arguments(
            "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n",
            "HEAD 200 content-length=0 LENGTH0 keep\nEND\n",
            "GET"),
        arguments(
            "HTTP/1.1 200 \r\n\r\nall the rest",
            "HEAD 200 UNTIL_CLOSE-1\nDATA all the rest\nEND\n",
            "GET"),
        arguments("HTTP/1.0 200 OK\r\n\r\n", "HEAD 200 UNTIL_CLOSE-1\nEND\n", "GET"),
        arguments(
            "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\nx",
            "HEAD 200 content-length=1 LENGTH1 keep\nDATA x\nEND\n",
            "GET"),
        arguments(
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
            "HEAD 200 content-length=5 NONE-1 keep\nEND\n",
            "HEAD"),
        arguments(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HEAD 200 NONE-1 keep\nEND\n",
            "HEAD"),
        arguments(
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\nconnection: close\r\n\r\n",
            "HEAD 304 content-length=7 NONE-1\nEND\n",
            "GET"),
        arguments(
            "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            "HEAD 204 NONE-1 keep\nEND\n",
            "GET"),
        arguments(
            "HTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\n"
                + "link: </a>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\n"
                + "transfer-encoding: chunked\r\n\r\n"
                + "3\r\n"
                + "abc\r\n"
                + "0\r\n"
                + "x: y\r\n\r\n",
            "HEAD 100\nHEAD 103 link=</a>\nHEAD 200 CHUNKED-1 keep\nDATA abc\nTRAILERS x=y\nEND\n",
            "GET"),
        arguments(
            "HTTP/1.1 200 OK\r\n\r\nraw", "HEAD 200 UNTIL_CLOSE-1\nDATA raw\nEND\n", "CONNECT"),
        arguments(
            "HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno",
            "HEAD 403 content-length=2 LENGTH2 keep\nDATA no\nEND\n",
            "CONNECT"),
        arguments(
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na"
                + "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",
            "HEAD 200 content-length=1 LENGTH1 keep\nDATA a\nEND\nHEAD 204 NONE-1 keep\nEND\n"
                + "HEAD 200 content-length=9 NONE-1 keep\nEND\n",
            "GET,GET,HEAD"));
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void readsTheSameHoweverItIsCut(String bytes, String events, String methods) {
    Wire wire = Wire.of(bytes);
    String[] asked = methods.split(",", -1);
    FramingRules rules = new FramingRules();
    assertThat(wire.responses(Limits.defaults(), rules, wire.whole(), false, asked))
        .hasToString(events);
    assertThat(wire.responses(Limits.defaults(), rules, wire.single(), false, asked))
        .hasToString(events);
    Random random = new Random(bytes.hashCode());
    for (int i = 0; i < 50; i++) {
      assertThat(wire.responses(Limits.defaults(), rules, wire.random(random), false, asked))
          .hasToString(events);
    }
  }

  @Test
  void switchesProtocolsWhenAsked() {
    Wire wire =
        Wire.of("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n\1\2");
    assertThat(wire.responses(Limits.defaults(), new FramingRules(), wire.single(), true, "GET"))
        .hasToString("HEAD 101 UNTIL_CLOSE-1\nDATA \1\2\nEND\n");
    HeadPool pool = new HeadPool(1);
    ResponseParser parser = new ResponseParser(pool, Limits.defaults());
    parser.expect("GET", true);
    ByteBuf in =
        Unpooled.copiedBuffer(
            "HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
            StandardCharsets.US_ASCII);
    assertThat(parser.parse(in)).isEqualTo(Outcome.HEAD);
    ResponseHead head = parser.takeHead();
    assertThat(head.upgrade()).contains("websocket");
    head.release();
    parser.close();
    in.release();
  }

  @Test
  void knowsWhetherAnythingHasCome() {
    ResponseParser parser = new ResponseParser(new HeadPool(1), Limits.defaults());
    assertThat(parser.idle()).isTrue();
    assertThat(parser.inputClosed()).isEqualTo(Outcome.NEED_MORE);
    parser.expect("GET", false);
    assertThat(parser.untouched()).isTrue();
    ByteBuf in = Unpooled.copiedBuffer("H", StandardCharsets.US_ASCII);
    assertThat(parser.parse(in)).isEqualTo(Outcome.NEED_MORE);
    assertThat(parser.untouched()).isFalse();
    in.release();
    parser.close();
  }
}
