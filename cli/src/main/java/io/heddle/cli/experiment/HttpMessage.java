package io.heddle.cli.experiment;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The head of a message of HTTP/1.1 between our own proxies and this process; its body is read
 * away.
 *
 * @param start the first line
 * @param headers by their names in lower case; of several of a name the last one
 */
record HttpMessage(String start, Map<String, String> headers) {
  private static final int MOST_HEAD = 64 << 10;
  private static final int MOST_BODY = 1 << 20;

  HttpMessage {
    headers = Map.copyOf(headers);
  }

  /**
   * Reads one message as a whole.
   *
   * @return empty at the end of the stream
   * @throws ProtocolException on what is not understood, or is too large
   */
  static Optional<HttpMessage> read(BufferedInputStream in) throws IOException {
    int[] left = {MOST_HEAD};
    String start = line(in, left, true);
    if (start.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> headers = new HashMap<>();
    for (String line = line(in, left, false); !line.isEmpty(); line = line(in, left, false)) {
      int colon = line.indexOf(':');
      if (colon < 1) {
        throw new ProtocolException("a header without a name");
      }
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    HttpMessage message = new HttpMessage(start, headers);
    if (message.header("transfer-encoding").equals("chunked")) {
      for (int size = chunk(in); size > 0; size = chunk(in)) {
        skip(in, size + 2);
      }
      while (!line(in, left, false).isEmpty()) {
        // Trailers are of no interest.
      }
    } else {
      skip(in, number(message.header("content-length"), 10));
    }
    return Optional.of(message);
  }

  String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /** Of a response; a request has none. */
  int status() throws ProtocolException {
    String[] words = start.split(" ", 3);
    if (words.length < 2 || words[1].length() != 3) {
      throw new ProtocolException("a status line that is none");
    }
    return number(words[1], 10);
  }

  /** Of a request. */
  String path() throws ProtocolException {
    String[] words = start.split(" ", -1);
    if (words.length != 3) {
      throw new ProtocolException("a request line that is none");
    }
    return words[1];
  }

  boolean lastOfItsConnection() {
    return header("connection").equalsIgnoreCase("close");
  }

  private static int chunk(InputStream in) throws IOException {
    int[] left = {1_024};
    return number(line(in, left, false).split(";", 2)[0].strip(), 16);
  }

  private static int number(String text, int radix) throws ProtocolException {
    if (text.isEmpty()) {
      return 0;
    }
    try {
      int number = Integer.parseInt(text, radix);
      if (number >= 0 && number <= MOST_BODY) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new ProtocolException("a length that is none: " + e.getMessage());
    }
    throw new ProtocolException("a body above " + MOST_BODY + " bytes");
  }

  private static void skip(InputStream in, int bytes) throws IOException {
    in.skipNBytes(bytes);
  }

  private static String line(InputStream in, int[] left, boolean mayEnd) throws IOException {
    StringBuilder line = new StringBuilder(64);
    while (true) {
      int next = in.read();
      if (next < 0) {
        if (mayEnd && line.isEmpty()) {
          return "";
        }
        throw new EOFException("the connection ended within a message");
      }
      if (--left[0] < 0) {
        throw new ProtocolException("a head above " + MOST_HEAD + " bytes");
      }
      if (next == '\n') {
        return line.toString();
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
