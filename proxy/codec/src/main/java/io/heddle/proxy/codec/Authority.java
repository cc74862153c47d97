package io.heddle.proxy.codec;

import org.jspecify.annotations.Nullable;

/** Host with an optional port (RFC 3986, 3.2.2 and 3.2.3), without user information. */
final class Authority {
  private Authority() {}

  /** What is wrong with {@code [from, to)}, or null. */
  static @Nullable Violation check(byte[] bytes, int from, int to) {
    int end = hostEnd(bytes, from, to);
    if (end == to || (end >= 0 && port(bytes, end + 1, to) >= 0)) {
      return null;
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] == '@') {
        return Violation.USERINFO;
      }
    }
    return Violation.HOST_INVALID;
  }

  /** Whether a port is there, as CONNECT needs one. */
  static boolean hasPort(byte[] bytes, int from, int to) {
    int end = hostEnd(bytes, from, to);
    return end >= 0 && end < to && port(bytes, end + 1, to) >= 0;
  }

  /** Whether two valid authorities mean the same, case and default port aside. */
  static boolean same(byte[] bytes, int from, int to, int otherFrom, int otherTo, int defaultPort) {
    int end = hostEnd(bytes, from, to);
    int otherEnd = hostEnd(bytes, otherFrom, otherTo);
    if (end - from != otherEnd - otherFrom) {
      return false;
    }
    for (int i = 0; i < end - from; i++) {
      if (Chars.lower(bytes[from + i]) != Chars.lower(bytes[otherFrom + i])) {
        return false;
      }
    }
    int port = end == to ? defaultPort : port(bytes, end + 1, to);
    int otherPort = otherEnd == otherTo ? defaultPort : port(bytes, otherEnd + 1, otherTo);
    return port == otherPort;
  }

  /** Where the host ends: at {@code to} or at a colon; -1 where it is none. */
  private static int hostEnd(byte[] bytes, int from, int to) {
    int i = from;
    if (i < to && bytes[i] == '[') {
      i++;
      int inside = i;
      while (i < to && (Chars.hex(bytes[i]) >= 0 || bytes[i] == ':' || bytes[i] == '.')) {
        i++;
      }
      if (i == to || bytes[i] != ']' || i - inside < 2) {
        return -1;
      }
      i++;
    } else {
      while (i < to && Chars.host(bytes[i])) {
        i++;
      }
      if (i == from) {
        return -1;
      }
    }
    return i == to || bytes[i] == ':' ? i : -1;
  }

  /** The port of 1 to 5 digits, 0 to 65535, or -1. */
  private static int port(byte[] bytes, int from, int to) {
    if (to - from > 5) {
      return -1;
    }
    long port = Numbers.decimal(bytes, from, to);
    return port >= 0 && port <= 65_535 ? (int) port : -1;
  }
}
