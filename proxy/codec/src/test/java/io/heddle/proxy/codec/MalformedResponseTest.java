package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Malformed and ambiguous responses to a GET unless the row says otherwise; all become a 502. */
final class MalformedResponseTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String CHUNKED = OK + "transfer-encoding: chunked\r\n\r\n";
  private static final Limits LIMITS = new Limits(1024, 8, 512, 16, 256, 4, 2);

  static Stream<Arguments> responses() {
    return Stream.of(
        row("not HTTP", "SSH-2.0-OpenSSH\r\n", Violation.STATUS_LINE, "RFC 9112, 4"),
        row(
            "empty first line",
            "\r\nHTTP/1.1 200 OK\r\n\r\n",
            Violation.STATUS_LINE,
            "RFC 9112, 4"),
        row("no status", "HTTP/1.1\r\n\r\n", Violation.STATUS_LINE, "RFC 9112, 4"),
        row("two digits", "HTTP/1.1 20 OK\r\n\r\n", Violation.STATUS_LINE, "RFC 9112, 4"),
        row("four digits", "HTTP/1.1 2000 OK\r\n\r\n", Violation.STATUS_LINE, "RFC 9112, 4"),
        row(
            "status with a letter",
            "HTTP/1.1 2x0 OK\r\n\r\n",
            Violation.STATUS_LINE,
            "RFC 9112, 4"),
        row("status with a sign", "HTTP/1.1 +20 OK\r\n\r\n", Violation.STATUS_LINE, "RFC 9112, 4"),
        row("two spaces", "HTTP/1.1  200 OK\r\n\r\n", Violation.STATUS_LINE, "RFC 9112, 4"),
        row("tab for space", "HTTP/1.1\t200 OK\r\n\r\n", Violation.STATUS_LINE, "RFC 9112, 4"),
        row("NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n", Violation.STATUS_LINE, "RFC 9112, 4"),
        row(
            "bare CR in the reason",
            "HTTP/1.1 200 O\rK\r\n\r\n",
            Violation.BARE_CR,
            "RFC 9112, 2.2"),
        row("status 099", "HTTP/1.1 099 x\r\n\r\n", Violation.STATUS_RANGE, "RFC 9110, 15"),
        row("status 600", "HTTP/1.1 600 x\r\n\r\n", Violation.STATUS_RANGE, "RFC 9110, 15"),
        row(
            "version 2.0",
            "HTTP/2.0 200 OK\r\n\r\n",
            Violation.VERSION_UNSUPPORTED,
            "RFC 9110, 15.6.6"),
        row(
            "version 1.2",
            "HTTP/1.2 200 OK\r\n\r\n",
            Violation.VERSION_UNSUPPORTED,
            "RFC 9110, 15.6.6"),
        row("bare LF", "HTTP/1.1 200 OK\nx: y\r\n\r\n", Violation.BARE_LF, "RFC 9112, 2.2"),
        row("bare LF ends a field", OK + "x: y\n\r\n", Violation.BARE_LF, "RFC 9112, 2.2"),
        row("obs-fold", OK + "x: y\r\n z\r\n\r\n", Violation.OBS_FOLD, "RFC 9112, 5.2"),
        row(
            "space before colon",
            OK + "content-length : 5\r\n\r\nhello",
            Violation.SPACE_BEFORE_COLON,
            "RFC 9112, 5.1"),
        row("empty name", OK + ": y\r\n\r\n", Violation.NAME_EMPTY, "RFC 9112, 5"),
        row("NUL in a value", OK + "x: \0\r\n\r\n", Violation.VALUE_NUL, "RFC 9110, 5.5"),
        row(
            "CR in a value, response splitting",
            OK + "x: a\rset-cookie: b\r\n\r\n",
            Violation.BARE_CR,
            "RFC 9112, 2.2"),
        row(
            "head too large",
            OK + "x: " + "a".repeat(1100) + "\r\n\r\n",
            Violation.HEAD_TOO_LARGE,
            "RFC 6585, 5"),
        row(
            "too many fields",
            OK + "x: y\r\n".repeat(9) + "\r\n",
            Violation.TOO_MANY_HEADERS,
            "RFC 6585, 5"),
        row(
            "CL and TE",
            OK + "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
            Violation.LENGTH_AND_CODING,
            "RFC 9112, 6.1"),
        row(
            "differing CL",
            OK + "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
            Violation.LENGTH_REPEATED,
            "ADR 3"),
        row(
            "equal CL",
            OK + "content-length: 5\r\ncontent-length: 5\r\n\r\nhello",
            Violation.LENGTH_REPEATED,
            "ADR 3"),
        row(
            "CL not a number",
            OK + "content-length: five\r\n\r\n",
            Violation.LENGTH_INVALID,
            "RFC 9112, 6.3"),
        row(
            "CL overflows",
            OK + "content-length: 99999999999999999999\r\n\r\n",
            Violation.LENGTH_OVERFLOW,
            "RFC 9110, 8.6"),
        row(
            "TE not chunked",
            OK + "transfer-encoding: gzip\r\n\r\n",
            Violation.CODING_NOT_CHUNKED,
            "RFC 9112, 6.3"),
        row(
            "TE gzip, chunked",
            OK + "transfer-encoding: gzip, chunked\r\n\r\n",
            Violation.CODING_UNSUPPORTED,
            "ADR 3"),
        row(
            "TE in HTTP/1.0",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            Violation.CODING_IN_HTTP_1_0,
            "RFC 9112, 6.1"),
        row(
            "two TE",
            OK + "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
            Violation.CODING_REPEATED,
            "ADR 3"),
        row(
            "204 with a body",
            "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello",
            Violation.BODY_FORBIDDEN,
            "RFC 9112, 6.1"),
        row(
            "204 with TE",
            "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n",
            Violation.BODY_FORBIDDEN,
            "RFC 9112, 6.1"),
        row(
            "100 with a body",
            "HTTP/1.1 100 Continue\r\ncontent-length: 5\r\n\r\nhello",
            Violation.BODY_FORBIDDEN,
            "RFC 9112, 6.1"),
        row(
            "103 with TE",
            "HTTP/1.1 103 Early Hints\r\ntransfer-encoding: chunked\r\n\r\n",
            Violation.BODY_FORBIDDEN,
            "RFC 9112, 6.1"),
        row(
            "101 that nobody asked for",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
            Violation.UPGRADE_UNSOLICITED,
            "RFC 9110, 7.8"),
        row(
            "too many interim responses",
            "HTTP/1.1 103 x\r\n\r\n".repeat(3) + OK + "\r\n",
            Violation.TOO_MANY_INTERIM,
            "ADR 3"),
        row(
            "second response that nobody asked for",
            OK + "content-length: 0\r\n\r\n" + OK + "\r\n",
            Violation.UNSOLICITED,
            "RFC 9112, 9.2"),
        row(
            "body longer than its length",
            OK + "content-length: 5\r\n\r\nhello!",
            Violation.UNSOLICITED,
            "RFC 9112, 9.2"),
        row("chunk size bad", CHUNKED + "z\r\n", Violation.CHUNK_SIZE, "RFC 9112, 7.1"),
        row(
            "chunk size overflows",
            CHUNKED + "ffffffffffffffff\r\n",
            Violation.CHUNK_SIZE_OVERFLOW,
            "RFC 9112, 7.1"),
        row("no CRLF after a chunk", CHUNKED + "1\r\naa\r\n", Violation.CHUNK_END, "RFC 9112, 7.1"),
        row(
            "extensions too large",
            CHUNKED + "1;" + "e".repeat(20) + "\r\na\r\n",
            Violation.CHUNK_EXTENSION_TOO_LARGE,
            "RFC 9112, 7.1.1"),
        row(
            "forbidden trailer",
            CHUNKED + "0\r\nconnection: close\r\n\r\n",
            Violation.TRAILER_FORBIDDEN,
            "RFC 9110, 6.5.1"),
        row(
            "Connection nominates Set-Cookie",
            OK + "connection: set-cookie\r\n\r\n",
            Violation.CONNECTION_PROTECTED,
            "ADR 3"),
        row("cut within the head", "HTTP/1.1 200 OK\r\nx: y", Violation.TRUNCATED, "RFC 9112, 8"),
        row("closed instead of answered", "", Violation.TRUNCATED, "RFC 9112, 8"),
        row(
            "cut within the body",
            OK + "content-length: 5\r\n\r\nhell",
            Violation.TRUNCATED,
            "RFC 9112, 8"),
        row(
            "cut before the last chunk",
            CHUNKED + "5\r\nhello\r\n",
            Violation.TRUNCATED,
            "RFC 9112, 8"),
        row(
            "cut after an interim response",
            "HTTP/1.1 100 Continue\r\n\r\n",
            Violation.TRUNCATED,
            "RFC 9112, 8"),
        arguments(
            "200 to CONNECT with a length",
            OK + "content-length: 5\r\n\r\n",
            Violation.BODY_FORBIDDEN,
            "RFC 9112, 6.1",
            "CONNECT"),
        arguments(
            "body after HEAD",
            OK + "content-length: 5\r\n\r\nhello",
            Violation.UNSOLICITED,
            "RFC 9112, 9.2",
            "HEAD"),
        arguments(
            "body after 304",
            "HTTP/1.1 304 x\r\n\r\nhello",
            Violation.UNSOLICITED,
            "RFC 9112, 9.2",
            "GET"));
  }

  private static Arguments row(String what, String bytes, Violation violation, String citation) {
    return arguments(what, bytes, violation, citation, "GET");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("responses")
  void isRefusedHoweverItIsCut(
      String what, String bytes, Violation violation, String citation, String method) {
    Wire wire = Wire.of(bytes);
    FramingRules rules = new FramingRules();
    Wire.Transcript whole = wire.responses(LIMITS, rules, wire.whole(), false, method);
    assertThat(whole.error()).as(what).isEqualTo(violation.name());
    assertThat(violation.citation()).contains(citation);
    assertThat(wire.responses(LIMITS, rules, wire.single(), false, method)).isEqualTo(whole);
    Random random = new Random(what.hashCode());
    for (int i = 0; i < 30; i++) {
      assertThat(wire.responses(LIMITS, rules, wire.random(random), false, method))
          .isEqualTo(whole);
    }
  }
}
