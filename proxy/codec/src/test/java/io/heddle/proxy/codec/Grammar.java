package io.heddle.proxy.codec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Random messages: mostly well-formed, made of the pieces that smuggling is made of, then damaged.
 */
final class Grammar {
  private static final String[] LINES = {
    "GET / HTTP/1.1", "POST /a?b HTTP/1.1", "HEAD / HTTP/1.1", "OPTIONS * HTTP/1.1",
    "CONNECT h:1 HTTP/1.1", "GET http://h/x HTTP/1.1", "GET http://h HTTP/1.1", "POST / HTTP/1.0",
    "GET / HTTP/2.0", "GET  / HTTP/1.1", "get /\u00e4 HTTP/1.1", "GET /"
  };
  private static final String[] STATUS = {
    "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified",
    "HTTP/1.1 100 Continue", "HTTP/1.1 103 Early Hints", "HTTP/1.0 200 OK", "HTTP/1.1 500",
    "HTTP/1.1 600 x", "HTTP/1.1 20 x"
  };
  private static final String[] FIELDS = {
    "content-length: 5",
    "content-length: 0",
    "Content-Length:5",
    "content-length: 05",
    "content-length: +5",
    "content-length: 5, 5",
    "content-length: 18446744073709551621",
    "transfer-encoding: chunked",
    "Transfer-Encoding: Chunked",
    "transfer-encoding: chunked",
    "transfer-encoding: gzip, chunked",
    "transfer-encoding: identity",
    "transfer-encoding:\tchunked ",
    "transfer-encoding : chunked",
    "connection: close",
    "connection: keep-alive, x",
    "connection: host",
    "x: y",
    "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "x:",
    ": x",
    " folded",
    "x y",
    "upgrade: h2c",
    "expect: 100-continue",
    "te: trailers",
    "x: \u00e9",
    "x: a\u0000b",
    "host: h",
    "host: other"
  };
  private static final String[] SIZES = {
    "5",
    "5",
    "5",
    "05",
    "5;a=b",
    "5;a=\"\u00e9\"",
    "5 ",
    " 5",
    "0x5",
    "100000005",
    "8000000000000000",
    "10000000000000005",
    "F",
    "-5",
    "",
    "5;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  };
  private static final String[] TRAILERS = {"x: y", "content-length: 5", "X-T: 1 ", "bad"};

  private final RandomGenerator random;
  private final StringBuilder out = new StringBuilder();

  private Grammar(RandomGenerator random) {
    this.random = random;
  }

  static byte[] requests(RandomGenerator random) {
    Grammar grammar = new Grammar(random);
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      grammar.message(LINES, true);
    }
    return grammar.damaged();
  }

  static byte[] responses(RandomGenerator random) {
    Grammar grammar = new Grammar(random);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      grammar.message(STATUS, false);
    }
    return grammar.damaged();
  }

  private void message(String[] first, boolean request) {
    out.append(random.nextInt(4) == 0 ? any(first) : first[random.nextInt(2)]).append("\r\n");
    if (request && random.nextInt(12) > 0) {
      out.append("Host: h\r\n");
    }
    boolean chunked = random.nextBoolean();
    switch (random.nextInt(8)) {
      case 0 -> {}
      case 1 -> field(2 + random.nextInt(3));
      case 2 -> field(1);
      default -> out.append(chunked ? "transfer-encoding: chunked\r\n" : "content-length: 5\r\n");
    }
    if (random.nextInt(3) == 0) {
      field(1);
    }
    out.append("\r\n");
    if (chunked) {
      chunks();
    } else if (random.nextInt(4) > 0) {
      out.append("hello");
    }
  }

  private void field(int count) {
    for (int i = 0; i < count; i++) {
      out.append(any(FIELDS)).append("\r\n");
    }
  }

  private void chunks() {
    for (int i = random.nextInt(3); i > 0; i--) {
      out.append(random.nextInt(3) == 0 ? any(SIZES) : "5").append("\r\nhello\r\n");
    }
    out.append(random.nextInt(8) == 0 ? "00" : "0").append("\r\n");
    for (int i = random.nextInt(6) - 3; i > 0; i--) {
      out.append(any(TRAILERS)).append("\r\n");
    }
    out.append("\r\n");
  }

  private String any(String[] choices) {
    return choices[random.nextInt(choices.length)];
  }

  private byte[] damaged() {
    byte[] bytes = out.toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] odd = {0, '\r', '\n', ' ', '\t', ':', ';', ',', '0', '9', 'a', 0x7f, (byte) 0x80};
    for (int i = random.nextInt(4) - 1; i > 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(3)) {
        case 0 -> bytes[at] = odd[random.nextInt(odd.length)];
        case 1 -> bytes = spliced(bytes, at, at + 1, new byte[0]);
        default -> bytes = spliced(bytes, at, at, new byte[] {odd[random.nextInt(odd.length)]});
      }
    }
    return random.nextInt(10) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] middle) {
    byte[] result = new byte[from + middle.length + bytes.length - to];
    System.arraycopy(bytes, 0, result, 0, from);
    System.arraycopy(middle, 0, result, from, middle.length);
    System.arraycopy(bytes, to, result, from + middle.length, bytes.length - to);
    return result;
  }
}
