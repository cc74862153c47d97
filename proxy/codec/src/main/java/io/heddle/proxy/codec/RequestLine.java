package io.heddle.proxy.codec;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The first line of a request (RFC 9112, 3): method, target in one of its four forms, version. */
final class RequestLine {
  private static final byte[] CONNECT = Field.ascii("CONNECT");
  private static final byte[] OPTIONS = Field.ascii("OPTIONS");
  private static final byte[] HTTP = Field.ascii("http://");
  private static final byte[] HTTPS = Field.ascii("https://");
  private static final int VERSION_LENGTH = 8;

  private RequestLine() {}

  /** Reads {@code [start, end)} into the head; what is wrong with it, or null. */
  static @Nullable Violation parse(RequestHead head, int start, int end) {
    byte[] bytes = head.bytes;
    int methodEnd = start;
    while (Chars.token(bytes[methodEnd]) != 0) {
      methodEnd++;
    }
    if (methodEnd == start || bytes[methodEnd] != ' ') {
      return badMethod(bytes, start, methodEnd, end);
    }
    int target = methodEnd + 1;
    int targetEnd = target;
    while (targetEnd < end && Chars.target(bytes[targetEnd])) {
      targetEnd++;
    }
    if (targetEnd == end) {
      return target == end ? Violation.REQUEST_LINE : Violation.VERSION_MISSING;
    }
    if (bytes[targetEnd] != ' ' || targetEnd == target) {
      return badTarget(bytes[targetEnd]);
    }
    Violation violation = version(head, targetEnd + 1, end);
    if (violation != null) {
      return violation;
    }
    head.receivedMethod(start, methodEnd);
    return target(head, start, methodEnd, target, targetEnd);
  }

  private static Violation badMethod(byte[] bytes, int start, int at, int end) {
    if (at == start && at < end && Chars.blank(bytes[at])) {
      return Violation.REQUEST_LINE_WHITESPACE;
    }
    if (at == end) {
      return Violation.REQUEST_LINE;
    }
    return bytes[at] == '\t'
        ? Violation.REQUEST_LINE_WHITESPACE
        : bytes[at] == '\r' ? Violation.BARE_CR : Violation.METHOD;
  }

  private static Violation badTarget(byte b) {
    return switch (b) {
      case ' ', '\t' -> Violation.REQUEST_LINE_WHITESPACE;
      case '#' -> Violation.TARGET_FRAGMENT;
      case '\r' -> Violation.BARE_CR;
      default -> b < 0 ? Violation.TARGET_NON_ASCII : Violation.TARGET_CONTROL;
    };
  }

  private static @Nullable Violation version(RequestHead head, int from, int to) {
    byte[] bytes = head.bytes;
    for (int i = from; i < to; i++) {
      if (Chars.blank(bytes[i])) {
        return Violation.REQUEST_LINE_WHITESPACE;
      }
      if (bytes[i] == '\r') {
        return Violation.BARE_CR;
      }
    }
    if (from == to) {
      return Violation.REQUEST_LINE_WHITESPACE;
    }
    if (!versionShaped(bytes, from, to)) {
      return Violation.VERSION_MALFORMED;
    }
    HttpVersion version = versionOf(bytes, from);
    if (version == null) {
      return Violation.VERSION_UNSUPPORTED;
    }
    head.version = version;
    return null;
  }

  /** Whether this is {@code HTTP/d.d}. */
  static boolean versionShaped(byte[] bytes, int from, int to) {
    return to - from == VERSION_LENGTH
        && bytes[from] == 'H'
        && bytes[from + 1] == 'T'
        && bytes[from + 2] == 'T'
        && bytes[from + 3] == 'P'
        && bytes[from + 4] == '/'
        && digit(bytes[from + 5])
        && bytes[from + 6] == '.'
        && digit(bytes[from + 7]);
  }

  static @Nullable HttpVersion versionOf(byte[] bytes, int from) {
    if (bytes[from + 5] != '1') {
      return null;
    }
    return switch (bytes[from + 7]) {
      case '1' -> HttpVersion.HTTP_1_1;
      case '0' -> HttpVersion.HTTP_1_0;
      default -> null;
    };
  }

  private static boolean digit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static @Nullable Violation target(
      RequestHead head, int method, int methodEnd, int from, int to) {
    byte[] bytes = head.bytes;
    if (is(bytes, method, methodEnd, CONNECT)) {
      Violation violation = Authority.check(bytes, from, to);
      if (violation == Violation.USERINFO) {
        return violation;
      }
      if (violation != null || !Authority.hasPort(bytes, from, to)) {
        return Violation.CONNECT_TARGET;
      }
      head.receivedAuthority(from, to);
      return null;
    }
    if (bytes[from] == '/') {
      head.receivedPath(from, to);
      return null;
    }
    if (bytes[from] == '*' && to - from == 1) {
      if (!is(bytes, method, methodEnd, OPTIONS)) {
        return Violation.ASTERISK;
      }
      head.receivedPath(from, to);
      return null;
    }
    return absolute(head, method, methodEnd, from, to);
  }

  private static @Nullable Violation absolute(
      RequestHead head, int method, int methodEnd, int from, int to) {
    byte[] bytes = head.bytes;
    boolean secure = prefix(bytes, from, to, HTTPS);
    if (!secure && !prefix(bytes, from, to, HTTP)) {
      for (int i = from; i < to - 2; i++) {
        if (bytes[i] == ':' && bytes[i + 1] == '/' && bytes[i + 2] == '/') {
          return Violation.TARGET_SCHEME;
        }
      }
      return Violation.TARGET;
    }
    int authority = from + (secure ? HTTPS.length : HTTP.length);
    int end = authority;
    while (end < to && bytes[end] != '/' && bytes[end] != '?') {
      end++;
    }
    Violation violation = Authority.check(bytes, authority, end);
    if (violation != null) {
      return violation;
    }
    head.scheme(secure ? "https" : "http");
    head.receivedAuthority(authority, end);
    if (end < to && bytes[end] == '/') {
      head.receivedPath(end, to);
    } else {
      // Nothing may be appended before the head is whole: RequestHead.completePath puts in the
      // slash.
      head.pathMissingSlash(end, to, is(bytes, method, methodEnd, OPTIONS));
    }
    return null;
  }

  private static boolean is(byte[] bytes, int from, int to, byte[] text) {
    return Arrays.equals(bytes, from, to, text, 0, text.length);
  }

  private static boolean prefix(byte[] bytes, int from, int to, byte[] lower) {
    return to - from >= lower.length
        && Tokens.sameIgnoringCase(bytes, from, from + lower.length, lower);
  }
}
