package io.heddle.proxy.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Malformed and ambiguous requests: the violation each is, its citation, and that cutting the bytes
 * anywhere changes nothing.
 */
final class MalformedRequestTest {
  private static final String OK = "GET / HTTP/1.1\r\nhost: a\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nhost: a\r\n";
  private static final String CHUNKED = POST + "transfer-encoding: chunked\r\n\r\n";

  /** Small, so that what is too large stays readable. */
  private static final Limits LIMITS = new Limits(2048, 8, 512, 16, 256, 4, 2);

  static Stream<Arguments> requests() {
    return Stream.of(
        // Line ends.
        row(
            "bare LF ends the request line",
            "GET / HTTP/1.1\nhost: a\r\n\r\n",
            Violation.BARE_LF,
            "RFC 9112, 2.2"),
        row("bare LF ends a field", OK + "x: y\nz: w\r\n\r\n", Violation.BARE_LF, "RFC 9112, 2.2"),
        row("bare LF ends the head", OK + "\n", Violation.BARE_LF, "RFC 9112, 2.2"),
        row(
            "bare CR in the request line",
            "GET /\r HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.BARE_CR,
            "RFC 9112, 2.2"),
        row(
            "bare CR in the version",
            "GET / HTTP/1.1\rx\r\nhost: a\r\n\r\n",
            Violation.BARE_CR,
            "RFC 9112, 2.2"),
        row("bare CR in a value", OK + "x: a\rb\r\n\r\n", Violation.BARE_CR, "RFC 9112, 2.2"),
        row("bare CR in a name", OK + "x\ry: a\r\n\r\n", Violation.BARE_CR, "RFC 9112, 2.2"),
        row("CR CR LF ends the head", OK + "\r\r\n", Violation.BARE_CR, "RFC 9112, 2.2"),
        row("CR CR LF ends a field", OK + "x: a\r\r\n\r\n", Violation.BARE_CR, "RFC 9112, 2.2"),
        row(
            "two empty lines before",
            "\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.EMPTY_LINES,
            "ADR 3"),
        // Request line.
        row("method only", "GET\r\n\r\n", Violation.REQUEST_LINE, "RFC 9112, 3"),
        row("no target", "GET \r\n\r\n", Violation.REQUEST_LINE, "RFC 9112, 3"),
        row(
            "leading space",
            " GET / HTTP/1.1\r\n\r\n",
            Violation.REQUEST_LINE_WHITESPACE,
            "RFC 9112, 3"),
        row(
            "two spaces after the method",
            "GET  / HTTP/1.1\r\n\r\n",
            Violation.REQUEST_LINE_WHITESPACE,
            "RFC 9112, 3"),
        row(
            "two spaces before the version",
            "GET /  HTTP/1.1\r\n\r\n",
            Violation.REQUEST_LINE_WHITESPACE,
            "RFC 9112, 3"),
        row(
            "tab between",
            "GET\t/ HTTP/1.1\r\n\r\n",
            Violation.REQUEST_LINE_WHITESPACE,
            "RFC 9112, 3"),
        row(
            "tab before the version",
            "GET /\tHTTP/1.1\r\n\r\n",
            Violation.REQUEST_LINE_WHITESPACE,
            "RFC 9112, 3"),
        row(
            "trailing space",
            "GET / HTTP/1.1 \r\n\r\n",
            Violation.REQUEST_LINE_WHITESPACE,
            "RFC 9112, 3"),
        row(
            "space in the target",
            "GET /a b HTTP/1.1\r\n\r\n",
            Violation.REQUEST_LINE_WHITESPACE,
            "RFC 9112, 3"),
        row("method with a slash", "GE/T / HTTP/1.1\r\n\r\n", Violation.METHOD, "RFC 9112, 3.1"),
        row("method with NUL", "GE\0T / HTTP/1.1\r\n\r\n", Violation.METHOD, "RFC 9112, 3.1"),
        row(
            "request line too long",
            "GET /" + "a".repeat(600) + " HTTP/1.1\r\n\r\n",
            Violation.REQUEST_LINE_TOO_LONG,
            "RFC 9112, 3"),
        row(
            "request line without end",
            "G".repeat(600),
            Violation.REQUEST_LINE_TOO_LONG,
            "RFC 9112, 3"),
        // Versions.
        row("no version, HTTP/0.9", "GET /\r\n\r\n", Violation.VERSION_MISSING, "ADR 3"),
        row(
            "HTTP/2.0",
            "GET / HTTP/2.0\r\nhost: a\r\n\r\n",
            Violation.VERSION_UNSUPPORTED,
            "RFC 9110, 15.6.6"),
        row(
            "HTTP/2 preface",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            Violation.VERSION_UNSUPPORTED,
            "RFC 9110, 15.6.6"),
        row(
            "HTTP/1.2",
            "GET / HTTP/1.2\r\nhost: a\r\n\r\n",
            Violation.VERSION_UNSUPPORTED,
            "RFC 9110, 15.6.6"),
        row(
            "HTTP/0.9 by name",
            "GET / HTTP/0.9\r\n\r\n",
            Violation.VERSION_UNSUPPORTED,
            "RFC 9110, 15.6.6"),
        row("HTTP/1.10", "GET / HTTP/1.10\r\n\r\n", Violation.VERSION_MALFORMED, "RFC 9112, 2.3"),
        row(
            "http in lower case",
            "GET / http/1.1\r\n\r\n",
            Violation.VERSION_MALFORMED,
            "RFC 9112, 2.3"),
        row(
            "other protocol",
            "GET / ICY/1.1\r\n\r\n",
            Violation.VERSION_MALFORMED,
            "RFC 9112, 2.3"),
        // Targets.
        row(
            "fragment",
            "GET /a#b HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.TARGET_FRAGMENT,
            "RFC 9112, 3.2"),
        row(
            "NUL in the target",
            "GET /a\0b HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.TARGET_CONTROL,
            "RFC 9112, 3.2"),
        row(
            "DEL in the target",
            "GET /a\u007fb HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.TARGET_CONTROL,
            "RFC 9112, 3.2"),
        row(
            "beyond ASCII in the target",
            "GET /\u00e4 HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.TARGET_NON_ASCII,
            "RFC 9112, 3.2"),
        row(
            "relative target",
            "GET a/b HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.TARGET,
            "RFC 9112, 3.2"),
        row(
            "authority form with GET",
            "GET a:80 HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.TARGET,
            "RFC 9112, 3.2"),
        row(
            "unknown scheme",
            "GET ftp://a/ HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.TARGET_SCHEME,
            "RFC 9112, 3.2.2"),
        row(
            "asterisk with GET",
            "GET * HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.ASTERISK,
            "RFC 9112, 3.2.4"),
        row(
            "asterisk and more",
            "OPTIONS *a HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.TARGET,
            "RFC 9112, 3.2"),
        row(
            "CONNECT with a path",
            "CONNECT /a HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.CONNECT_TARGET,
            "RFC 9112, 3.2.3"),
        row(
            "CONNECT without port",
            "CONNECT a HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.CONNECT_TARGET,
            "RFC 9112, 3.2.3"),
        row(
            "CONNECT with userinfo",
            "CONNECT u@a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n",
            Violation.USERINFO,
            "RFC 9110, 4.2.4"),
        row(
            "userinfo in the target",
            "GET http://u:p@a/ HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.USERINFO,
            "RFC 9110, 4.2.4"),
        row(
            "absolute form without host",
            "GET http:///a HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        row(
            "absolute form differs from Host",
            "GET http://b/ HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.HOST_MISMATCH,
            "RFC 9112, 3.2.2"),
        row(
            "absolute form differs in the port",
            "GET http://a:81/ HTTP/1.1\r\nhost: a\r\n\r\n",
            Violation.HOST_MISMATCH,
            "RFC 9112, 3.2.2"),
        row(
            "CONNECT differs from Host",
            "CONNECT a:1 HTTP/1.1\r\nhost: b:1\r\n\r\n",
            Violation.HOST_MISMATCH,
            "RFC 9112, 3.2.2"),
        // Host.
        row("no Host", "GET / HTTP/1.1\r\n\r\n", Violation.HOST_MISSING, "RFC 9112, 3.2"),
        row(
            "no Host, absolute form",
            "GET http://a/ HTTP/1.1\r\n\r\n",
            Violation.HOST_MISSING,
            "RFC 9112, 3.2"),
        row("two Hosts", OK + "host: b\r\n\r\n", Violation.HOST_REPEATED, "RFC 9112, 3.2"),
        row("two equal Hosts", OK + "Host: a\r\n\r\n", Violation.HOST_REPEATED, "RFC 9112, 3.2"),
        row(
            "two Hosts, HTTP/1.0",
            "GET / HTTP/1.0\r\nhost: a\r\nhost: a\r\n\r\n",
            Violation.HOST_REPEATED,
            "RFC 9112, 3.2"),
        row(
            "empty Host",
            "GET / HTTP/1.1\r\nhost:\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        row(
            "Host with a path",
            "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        row(
            "Host list",
            "GET / HTTP/1.1\r\nhost: a,b\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        row(
            "Host with a space",
            "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        row(
            "Host with userinfo",
            "GET / HTTP/1.1\r\nhost: u@a\r\n\r\n",
            Violation.USERINFO,
            "RFC 9110, 4.2.4"),
        row(
            "Host with a bad port",
            "GET / HTTP/1.1\r\nhost: a:x\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        row(
            "Host with a huge port",
            "GET / HTTP/1.1\r\nhost: a:65536\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        row(
            "Host with an open bracket",
            "GET / HTTP/1.1\r\nhost: [::1\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        row(
            "Host beyond ASCII",
            "GET / HTTP/1.1\r\nhost: \u00e4\r\n\r\n",
            Violation.HOST_INVALID,
            "RFC 9112, 3.2"),
        // Fields.
        row(
            "space before the first field",
            "GET / HTTP/1.1\r\n host: a\r\n\r\n",
            Violation.SPACE_BEFORE_FIRST_FIELD,
            "RFC 9112, 2.2"),
        row("obs-fold with space", OK + "x: a\r\n b\r\n\r\n", Violation.OBS_FOLD, "RFC 9112, 5.2"),
        row("obs-fold with tab", OK + "x: a\r\n\tb\r\n\r\n", Violation.OBS_FOLD, "RFC 9112, 5.2"),
        row(
            "folded Transfer-Encoding",
            POST + "transfer-encoding:\r\n chunked\r\n\r\n",
            Violation.OBS_FOLD,
            "RFC 9112, 5.2"),
        row("no colon", OK + "xy\r\n\r\n", Violation.COLON_MISSING, "RFC 9112, 5"),
        row("no colon, two words", OK + "x y\r\n\r\n", Violation.COLON_MISSING, "RFC 9112, 5"),
        row("empty name", OK + ": y\r\n\r\n", Violation.NAME_EMPTY, "RFC 9112, 5"),
        row(
            "space before the colon",
            OK + "x : y\r\n\r\n",
            Violation.SPACE_BEFORE_COLON,
            "RFC 9112, 5.1"),
        row(
            "tab before the colon",
            POST + "transfer-encoding\t: chunked\r\n\r\n",
            Violation.SPACE_BEFORE_COLON,
            "RFC 9112, 5.1"),
        row("name with a bracket", OK + "x(y: z\r\n\r\n", Violation.NAME_INVALID, "RFC 9110, 5.1"),
        row("name with NUL", OK + "x\0y: z\r\n\r\n", Violation.NAME_INVALID, "RFC 9110, 5.1"),
        row("name beyond ASCII", OK + "\u00e4: z\r\n\r\n", Violation.NAME_INVALID, "RFC 9110, 5.1"),
        row("NUL in a value", OK + "x: a\0b\r\n\r\n", Violation.VALUE_NUL, "RFC 9110, 5.5"),
        row(
            "control in a value",
            OK + "x: a\u0001b\r\n\r\n",
            Violation.VALUE_CONTROL,
            "RFC 9110, 5.5"),
        row(
            "DEL in a value",
            OK + "x: long enough \u007f\r\n\r\n",
            Violation.VALUE_CONTROL,
            "RFC 9110, 5.5"),
        row(
            "vertical tab before chunked",
            POST + "transfer-encoding: \u000bchunked\r\n\r\n",
            Violation.VALUE_CONTROL,
            "RFC 9110, 5.5"),
        row(
            "head too large",
            OK + "x: " + "a".repeat(2048) + "\r\n\r\n",
            Violation.HEAD_TOO_LARGE,
            "RFC 6585, 5"),
        row(
            "too many fields",
            OK + "x: y\r\n".repeat(8) + "\r\n",
            Violation.TOO_MANY_HEADERS,
            "RFC 6585, 5"),
        // Framing.
        row(
            "CL and TE",
            POST + "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            Violation.LENGTH_AND_CODING,
            "RFC 9112, 6.1"),
        row(
            "TE and CL",
            POST + "transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n0\r\n\r\n",
            Violation.LENGTH_AND_CODING,
            "RFC 9112, 6.1"),
        row(
            "differing CL",
            POST + "content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
            Violation.LENGTH_REPEATED,
            "ADR 3"),
        row(
            "equal CL",
            POST + "content-length: 5\r\ncontent-length: 5\r\n\r\nhello",
            Violation.LENGTH_REPEATED,
            "ADR 3"),
        row(
            "CL list",
            POST + "content-length: 5, 5\r\n\r\nhello",
            Violation.LENGTH_REPEATED,
            "ADR 3"),
        row(
            "empty CL",
            POST + "content-length:\r\n\r\n",
            Violation.LENGTH_INVALID,
            "RFC 9112, 6.3"),
        row(
            "CL with plus",
            POST + "content-length: +5\r\n\r\nhello",
            Violation.LENGTH_INVALID,
            "RFC 9112, 6.3"),
        row(
            "CL with minus",
            POST + "content-length: -5\r\n\r\nhello",
            Violation.LENGTH_INVALID,
            "RFC 9112, 6.3"),
        row(
            "CL in hexadecimal",
            POST + "content-length: 0x5\r\n\r\nhello",
            Violation.LENGTH_INVALID,
            "RFC 9112, 6.3"),
        row(
            "CL with a fraction",
            POST + "content-length: 5.0\r\n\r\nhello",
            Violation.LENGTH_INVALID,
            "RFC 9112, 6.3"),
        row(
            "CL with a space inside",
            POST + "content-length: 5 5\r\n\r\nhello",
            Violation.LENGTH_INVALID,
            "RFC 9112, 6.3"),
        row(
            "CL overflows",
            POST + "content-length: 9223372036854775808\r\n\r\n",
            Violation.LENGTH_OVERFLOW,
            "RFC 9110, 8.6"),
        row(
            "CL wraps around",
            POST + "content-length: 18446744073709551621\r\n\r\nhello",
            Violation.LENGTH_OVERFLOW,
            "RFC 9110, 8.6"),
        row(
            "two TE",
            POST + "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
            Violation.CODING_REPEATED,
            "ADR 3"),
        row(
            "TE identity",
            POST + "transfer-encoding: identity\r\n\r\n",
            Violation.CODING_NOT_CHUNKED,
            "RFC 9112, 6.3"),
        row(
            "TE unknown",
            POST + "transfer-encoding: xchunked\r\n\r\n",
            Violation.CODING_NOT_CHUNKED,
            "RFC 9112, 6.3"),
        row(
            "TE chunked is not last",
            POST + "transfer-encoding: chunked, gzip\r\n\r\n",
            Violation.CODING_NOT_CHUNKED,
            "RFC 9112, 6.3"),
        row(
            "TE with a parameter",
            POST + "transfer-encoding: chunked;q=1\r\n\r\n",
            Violation.CODING_NOT_CHUNKED,
            "RFC 9112, 6.3"),
        row(
            "TE quoted",
            POST + "transfer-encoding: \"chunked\"\r\n\r\n",
            Violation.CODING_NOT_CHUNKED,
            "RFC 9112, 6.3"),
        row(
            "TE empty",
            POST + "transfer-encoding:\r\n\r\n",
            Violation.CODING_NOT_CHUNKED,
            "RFC 9112, 6.3"),
        row(
            "TE gzip, chunked",
            POST + "transfer-encoding: gzip, chunked\r\n\r\n",
            Violation.CODING_UNSUPPORTED,
            "ADR 3"),
        row(
            "TE chunked twice",
            POST + "transfer-encoding: chunked, chunked\r\n\r\n",
            Violation.CODING_UNSUPPORTED,
            "ADR 3"),
        row(
            "TE with an empty element",
            POST + "transfer-encoding: , chunked\r\n\r\n",
            Violation.CODING_UNSUPPORTED,
            "ADR 3"),
        row(
            "TE in HTTP/1.0",
            "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
            Violation.CODING_IN_HTTP_1_0,
            "RFC 9112, 6.1"),
        // Chunks.
        row("chunk size empty", CHUNKED + "\r\nhello\r\n", Violation.CHUNK_SIZE, "RFC 9112, 7.1"),
        row("chunk size not hexadecimal", CHUNKED + "g\r\n", Violation.CHUNK_SIZE, "RFC 9112, 7.1"),
        row(
            "chunk size with 0x",
            CHUNKED + "0x5\r\nhello\r\n",
            Violation.CHUNK_SIZE,
            "RFC 9112, 7.1"),
        row(
            "chunk size negative",
            CHUNKED + "-5\r\nhello\r\n",
            Violation.CHUNK_SIZE,
            "RFC 9112, 7.1"),
        row(
            "chunk size after a space",
            CHUNKED + " 5\r\nhello\r\n",
            Violation.CHUNK_SIZE,
            "RFC 9112, 7.1"),
        row(
            "chunk size before a space",
            CHUNKED + "5 \r\nhello\r\n",
            Violation.CHUNK_SIZE,
            "RFC 9112, 7.1"),
        row(
            "chunk size overflows 63 bits",
            CHUNKED + "8000000000000000\r\n",
            Violation.CHUNK_SIZE_OVERFLOW,
            "RFC 9112, 7.1"),
        row(
            "chunk size wraps around",
            CHUNKED + "10000000000000005\r\nhello\r\n",
            Violation.CHUNK_SIZE_OVERFLOW,
            "RFC 9112, 7.1"),
        row(
            "chunk size with many zeros",
            CHUNKED + "00000000000000005\r\nhello\r\n",
            Violation.CHUNK_SIZE_OVERFLOW,
            "RFC 9112, 7.1"),
        row("chunk size ends in LF", CHUNKED + "5\nhello\r\n", Violation.BARE_LF, "RFC 9112, 2.2"),
        row("chunk size ends in CR", CHUNKED + "5\rhello\r\n", Violation.BARE_CR, "RFC 9112, 2.2"),
        row(
            "control in an extension",
            CHUNKED + "5;a\0\r\nhello\r\n",
            Violation.CHUNK_EXTENSION,
            "RFC 9112, 7.1.1"),
        row("extension ends in LF", CHUNKED + "5;a\nhello\r\n", Violation.BARE_LF, "RFC 9112, 2.2"),
        row(
            "extensions too large",
            CHUNKED + "1;abcdefgh\r\na\r\n1;abcdefgh\r\n",
            Violation.CHUNK_EXTENSION_TOO_LARGE,
            "RFC 9112, 7.1.1"),
        row(
            "chunk longer than its size",
            CHUNKED + "5\r\nhello!\r\n",
            Violation.CHUNK_END,
            "RFC 9112, 7.1"),
        row(
            "chunk ends in LF",
            CHUNKED + "5\r\nhello\n0\r\n\r\n",
            Violation.CHUNK_END,
            "RFC 9112, 7.1"),
        row(
            "chunk ends in CR and more",
            CHUNKED + "5\r\nhello\rx",
            Violation.CHUNK_END,
            "RFC 9112, 7.1"),
        row("body ends in LF", CHUNKED + "0\r\n\n", Violation.BARE_LF, "RFC 9112, 2.2"),
        row("body ends in CR and more", CHUNKED + "0\r\n\rx", Violation.BARE_CR, "RFC 9112, 2.2"),
        row(
            "Content-Length trailer",
            CHUNKED + "0\r\ncontent-length: 5\r\n\r\n",
            Violation.TRAILER_FORBIDDEN,
            "RFC 9110, 6.5.1"),
        row(
            "Transfer-Encoding trailer",
            CHUNKED + "0\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n",
            Violation.TRAILER_FORBIDDEN,
            "RFC 9110, 6.5.1"),
        row(
            "Host trailer",
            CHUNKED + "0\r\nhost: b\r\n\r\n",
            Violation.TRAILER_FORBIDDEN,
            "RFC 9110, 6.5.1"),
        row(
            "folded trailer",
            CHUNKED + "0\r\nx: y\r\n z\r\n\r\n",
            Violation.OBS_FOLD,
            "RFC 9112, 5.2"),
        row(
            "trailers too large",
            CHUNKED + "0\r\nx: " + "a".repeat(300) + "\r\n\r\n",
            Violation.TRAILERS_TOO_LARGE,
            "RFC 6585, 5"),
        row(
            "too many trailers",
            CHUNKED + "0\r\n" + "x: y\r\n".repeat(5) + "\r\n",
            Violation.TOO_MANY_TRAILERS,
            "RFC 6585, 5"),
        // Connection and Expect.
        row(
            "Connection nominates Host",
            OK + "connection: host\r\n\r\n",
            Violation.CONNECTION_PROTECTED,
            "ADR 3"),
        row(
            "Connection nominates Content-Length",
            POST + "content-length: 0\r\nconnection: Content-Length\r\n\r\n",
            Violation.CONNECTION_PROTECTED,
            "ADR 3"),
        row(
            "Connection nominates X-Forwarded-For",
            OK + "connection: close, X-Forwarded-For\r\n\r\n",
            Violation.CONNECTION_PROTECTED,
            "ADR 3"),
        row(
            "Connection is no token",
            OK + "connection: a b\r\n\r\n",
            Violation.CONNECTION_INVALID,
            "RFC 9110, 7.6.1"),
        row(
            "Connection has too many options",
            OK + "connection: " + "x,".repeat(33) + "\r\n\r\n",
            Violation.CONNECTION_TOO_MANY,
            "ADR 3"),
        row(
            "unknown expectation",
            POST + "expect: 200-ok\r\n\r\n",
            Violation.EXPECTATION,
            "RFC 9110, 10.1.1"),
        row(
            "second message is judged too",
            OK + "\r\nGET / HTTP/1.1\r\n\r\n",
            Violation.HOST_MISSING,
            "RFC 9112, 3.2"));
  }

  private static Arguments row(String what, String bytes, Violation violation, String citation) {
    return arguments(what, bytes, violation, citation);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("requests")
  void isRefusedHoweverItIsCut(String what, String bytes, Violation violation, String citation) {
    Wire wire = Wire.of(bytes);
    FramingRules rules = new FramingRules();
    Wire.Transcript whole = wire.requests(LIMITS, rules, wire.whole());
    assertThat(whole.error()).as(what).isEqualTo(violation.name());
    assertThat(violation.citation()).contains(citation);
    assertThat(violation.status()).isBetween(400, 505);
    assertThat(violation.details()).startsWith("http1.");
    assertThat(wire.requests(LIMITS, rules, wire.single())).isEqualTo(whole);
    Random random = new Random(what.hashCode());
    for (int i = 0; i < 30; i++) {
      assertThat(wire.requests(LIMITS, rules, wire.random(random))).isEqualTo(whole);
    }
  }
}
