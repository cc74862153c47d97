package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.heddle.proxy.api.HeaderName;
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
final class RequestParserTest {
  private final HeadPool pool = new HeadPool(4);

  static Stream<Arguments> accepted() {
    return Stream.of(
        arguments("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD GET / a NONE-1 keep\nEND\n"),
        arguments("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD GET / a NONE-1 keep\nEND\n"),
        arguments("GET / HTTP/1.0\r\n\r\n", "HEAD GET /  NONE-1\nEND\n"),
        arguments(
            "GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n", "HEAD GET /  NONE-1 keep\nEND\n"),
        arguments(
            "GET /a?b=c%20d HTTP/1.1\r\nhost: a:80\r\nconnection: close\r\n\r\n",
            "HEAD GET /a?b=c%20d a:80 NONE-1\nEND\n"),
        arguments(
            "GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n", "HEAD GET / [::1]:80 NONE-1 keep\nEND\n"),
        arguments("GET http://a HTTP/1.1\r\nhost: a\r\n\r\n", "HEAD GET / a NONE-1 keep\nEND\n"),
        arguments(
            "GET http://a?x HTTP/1.1\r\nhost: a\r\n\r\n", "HEAD GET /?x a NONE-1 keep\nEND\n"),
        arguments(
            "GET HTTP://A:80/x HTTP/1.1\r\nhost: a\r\n\r\n", "HEAD GET /x A:80 NONE-1 keep\nEND\n"),
        arguments("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", "HEAD OPTIONS * a NONE-1 keep\nEND\n"),
        arguments(
            "OPTIONS http://a HTTP/1.1\r\nhost: a\r\n\r\n", "HEAD OPTIONS * a NONE-1 keep\nEND\n"),
        arguments(
            "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n", "HEAD CONNECT  a:1 NONE-1 keep\nEND\n"),
        arguments(
            "GET / HTTP/1.1\r\nhost: a\r\nX-A:1\r\nx-b: \t2 \t\r\nx-c:\r\n\r\n",
            "HEAD GET / a x-a=1 x-b=2 x-c= NONE-1 keep\nEND\n"),
        arguments(
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
            "HEAD POST / a content-length=5 LENGTH5 keep\nDATA hello\nEND\n"),
        arguments(
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
            "HEAD POST / a content-length=0 LENGTH0 keep\nEND\n"),
        arguments(
            "POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "5;x=\"y\"\r\nhello\r\nA\r\n0123456789\r\n00\r\n\r\n",
            "HEAD POST / a CHUNKED-1 keep\nDATA hello0123456789\nEND\n"),
        arguments(
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
                + "1\r\nx\r\n0\r\nA: b\r\nc:d\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
            "HEAD POST / a CHUNKED-1 keep\n"
                + "DATA x\n"
                + "TRAILERS a=b c=d\n"
                + "END\n"
                + "HEAD GET / a NONE-1 keep\n"
                + "END\n"),
        arguments(
            "POST /1 HTTP/1.1\r\n"
                + "host: a\r\n"
                + "content-length: 2\r\n\r\n"
                + "abPOST /2 HTTP/1.1\r\n"
                + "host: a\r\n"
                + "content-length: 1\r\n\r\n"
                + "c",
            "HEAD POST /1 a content-length=2 LENGTH2 keep\nDATA ab\nEND\n"
                + "HEAD POST /2 a content-length=1 LENGTH1 keep\nDATA c\nEND\n"),
        arguments(
            "GET / HTTP/1.1\r\n"
                + "host: a\r\n"
                + "connection: x-hop, upgrade\r\n"
                + "X-Hop: 1\r\n"
                + "keep-alive: 1\r\n"
                + "upgrade: h2c\r\n"
                + "http2-settings: AA\r\n"
                + "proxy-connection: x\r\n"
                + "te: trailers\r\n"
                + "x-end: 2\r\n\r\n",
            "HEAD GET / a x-end=2 NONE-1 keep\nEND\n"));
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void readsTheSameHoweverItIsCut(String bytes, String events) {
    Wire wire = Wire.of(bytes);
    FramingRules rules = new FramingRules();
    assertThat(wire.requests(Limits.defaults(), rules, wire.whole())).hasToString(events);
    assertThat(wire.requests(Limits.defaults(), rules, wire.single())).hasToString(events);
    Random random = new Random(bytes.hashCode());
    for (int i = 0; i < 50; i++) {
      assertThat(wire.requests(Limits.defaults(), rules, wire.random(random))).hasToString(events);
    }
  }

  @Test
  void leavesBodyAndNextRequestInTheBuffer() {
    RequestParser parser = new RequestParser(pool, Limits.defaults(), true);
    ByteBuf in =
        ascii(
            "POST / HTTP/1.1\r\n"
                + "host: a\r\n"
                + "content-length: 3\r\n\r\n"
                + "abcGET /2 HTTP/1.1\r\n"
                + "host: a\r\n\r\n");
    assertThat(parser.parse(in)).isEqualTo(Outcome.HEAD);
    assertThat(parser.exhausted()).isFalse();
    RequestHead head = parser.takeHead();
    assertThat(head.scheme()).isEqualTo("https");
    assertThat(parser.parse(in)).isEqualTo(Outcome.DATA);
    assertThat(parser.dataLength()).isEqualTo(3);
    assertThat(parser.exhausted()).isTrue();
    ByteBuf body = in.readRetainedSlice(3);
    assertThat(body.toString(StandardCharsets.US_ASCII)).isEqualTo("abc");
    body.release();
    assertThat(parser.parse(in)).isEqualTo(Outcome.END);
    assertThat(parser.idle()).isTrue();
    assertThat(parser.parse(in)).isEqualTo(Outcome.HEAD);
    assertThat(parser.exhausted()).isTrue();
    RequestHead second = parser.takeHead();
    assertThat(second.path()).isEqualTo("/2");
    assertThat(parser.parse(in)).isEqualTo(Outcome.END);
    // The first exchange's head is still readable while the second is in progress.
    assertThat(head.path()).isEqualTo("/");
    head.release();
    second.release();
    in.release();
    parser.close();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void holdsNothingBetweenRequests() {
    RequestParser parser = new RequestParser(pool, Limits.defaults(), false);
    assertThat(parser.parse(Unpooled.EMPTY_BUFFER)).isEqualTo(Outcome.NEED_MORE);
    assertThat(parser.idle()).isTrue();
    assertThat(pool.leased()).isZero();
    ByteBuf in = ascii("GET ");
    assertThat(parser.parse(in)).isEqualTo(Outcome.NEED_MORE);
    assertThat(parser.idle()).isFalse();
    in.release();
    parser.close();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void tellsWhatTheClientExpects() {
    RequestHead head =
        head(
            "POST / HTTP/1.1\r\n"
                + "host: a\r\n"
                + "expect: 100-Continue\r\n"
                + "te: gzip, trailers\r\n"
                + "connection: te, upgrade\r\n"
                + "upgrade: h2c, websocket\r\n"
                + "content-length: 1\r\n\r\n");
    assertThat(head.expectsContinue()).isTrue();
    assertThat(head.acceptsTrailers()).isTrue();
    assertThat(head.upgrade()).contains("websocket");
    assertThat(head.contentLength()).isEqualTo(1);
    head.release();
    RequestHead old = head("POST / HTTP/1.0\r\nexpect: 100-continue\r\nupgrade: websocket\r\n\r\n");
    assertThat(old.expectsContinue()).isFalse();
    assertThat(old.upgrade()).isEmpty();
    old.release();
  }

  @Test
  void findsNamesWithUnderscores() {
    RequestHead head = head("GET / HTTP/1.1\r\nhost: a\r\nx_a: 1\r\nx-a: 2\r\n\r\n");
    assertThat(head.hasUnderscoreName()).isTrue();
    assertThat(head.removeUnderscoreNames()).isEqualTo(1);
    assertThat(head.hasUnderscoreName()).isFalse();
    assertThat(head.contains(HeaderName.of("x-a"))).isTrue();
    head.release();
  }

  @Test
  void keepsTheLogAReadableHeadOfARefusedRequest() {
    RequestParser parser = new RequestParser(pool, Limits.defaults(), false);
    ByteBuf in = ascii("GET /secret HTTP/1.1\r\nx\r\n\r\n");
    assertThat(parser.parse(in)).isEqualTo(Outcome.ERROR);
    assertThat(parser.parse(in)).isEqualTo(Outcome.ERROR);
    assertThat(parser.violation()).contains(Violation.COLON_MISSING);
    assertThat(parser.partialHead()).map(RequestHead::path).contains("/secret");
    parser.close();
    in.release();
    assertThat(pool.leased()).isZero();
  }

  @Test
  void passesEverythingOnOnceTunnelled() {
    RequestParser parser = new RequestParser(pool, Limits.defaults(), false);
    ByteBuf in = ascii("CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n\0\1raw");
    assertThat(parser.parse(in)).isEqualTo(Outcome.HEAD);
    parser.takeHead().release();
    parser.tunnel();
    assertThat(parser.parse(in)).isEqualTo(Outcome.DATA);
    assertThat(parser.dataLength()).isEqualTo(5);
    in.release();
    parser.close();
  }

  @Test
  void refusesASecondRelease() {
    RequestHead head = pool.request();
    head.release();
    assertThatThrownBy(head::release).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void boundsMemoryOfALargeHead() {
    RequestHead head = head("GET / HTTP/1.1\r\nhost: a\r\nx: " + "v".repeat(50_000) + "\r\n\r\n");
    assertThat(head.array().length).isLessThanOrEqualTo(64 << 10);
    head.release();
    RequestHead again = pool.request();
    assertThat(again.array().length).isEqualTo(2 << 10);
    again.release();
  }

  private RequestHead head(String bytes) {
    RequestParser parser = new RequestParser(pool, Limits.defaults(), false);
    ByteBuf in = ascii(bytes);
    assertThat(parser.parse(in)).isEqualTo(Outcome.HEAD);
    in.release();
    return parser.takeHead();
  }

  private static ByteBuf ascii(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }
}
