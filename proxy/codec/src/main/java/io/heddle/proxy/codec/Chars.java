package io.heddle.proxy.codec;

import io.heddle.proxy.api.HeaderName;

/** Tables of what may stand where, one byte a character. */
final class Chars {
  private static final byte[] TOKEN = new byte[256];
  private static final boolean[] TARGET = new boolean[256];
  private static final boolean[] HOST = new boolean[256];
  private static final byte[] HEX = new byte[256];

  static {
    for (char c = 0; c < 128; c++) {
      if (HeaderName.isToken(c)) {
        TOKEN[c] = (byte) Character.toLowerCase(c);
      }
      TARGET[c] = c > ' ' && c < 0x7f && c != '#';
      HOST[c] = Character.isLetterOrDigit(c) || "-._~%!$&'()*+;=".indexOf(c) >= 0;
    }
    for (int i = 0; i < 256; i++) {
      HEX[i] = (byte) (i < 128 ? Character.digit(i, 16) : -1);
    }
  }

  private Chars() {}

  /** The lower-cased token character (RFC 9110, 5.6.2), or 0. */
  static byte token(byte b) {
    return TOKEN[b & 0xff];
  }

  /** Whether this may stand in a request target: visible ASCII without {@code #}. */
  static boolean target(byte b) {
    return TARGET[b & 0xff];
  }

  /** Whether this may stand in a registered name (RFC 3986, 3.2.2, without the comma). */
  static boolean host(byte b) {
    return HOST[b & 0xff];
  }

  /** Value of a hexadecimal digit, or -1. */
  static int hex(byte b) {
    return HEX[b & 0xff];
  }

  /** Whether this is optional whitespace. */
  static boolean blank(byte b) {
    return b == ' ' || b == '\t';
  }

  /** ASCII lower case; other bytes as they are. */
  static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b;
  }
}
