package io.heddle.proxy.codec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Names that the codec itself must know. The constants are bits, so that a head remembers in one
 * int which it has seen.
 */
final class Field {
  static final int OTHER = 0;
  static final int CONTENT_LENGTH = 1;
  static final int TRANSFER_ENCODING = 1 << 1;
  static final int HOST = 1 << 2;
  static final int CONNECTION = 1 << 3;
  static final int UPGRADE = 1 << 4;
  static final int KEEP_ALIVE = 1 << 5;
  static final int PROXY_CONNECTION = 1 << 6;
  static final int TE = 1 << 7;
  static final int HTTP2_SETTINGS = 1 << 8;
  static final int EXPECT = 1 << 9;
  static final int TRAILER = 1 << 10;

  /** Never passed on, and never set by a filter. */
  static final int HOP_BY_HOP =
      TRANSFER_ENCODING
          | CONNECTION
          | UPGRADE
          | KEEP_ALIVE
          | PROXY_CONNECTION
          | TE
          | HTTP2_SETTINGS;

  /** Never in trailers. */
  static final int NOT_IN_TRAILERS = HOP_BY_HOP | CONTENT_LENGTH | HOST | EXPECT | TRAILER;

  private static final byte[] N_TE = ascii("te");
  private static final byte[] N_HOST = ascii("host");
  private static final byte[] N_EXPECT = ascii("expect");
  private static final byte[] N_UPGRADE = ascii("upgrade");
  private static final byte[] N_TRAILER = ascii("trailer");
  private static final byte[] N_CONNECTION = ascii("connection");
  private static final byte[] N_KEEP_ALIVE = ascii("keep-alive");
  private static final byte[] N_CONTENT_LENGTH = ascii("content-length");
  private static final byte[] N_HTTP2_SETTINGS = ascii("http2-settings");
  private static final byte[] N_PROXY_CONNECTION = ascii("proxy-connection");
  private static final byte[] N_TRANSFER_ENCODING = ascii("transfer-encoding");

  private Field() {}

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Which of the known names the lower-cased bytes {@code [from, to)} are. */
  static int of(byte[] bytes, int from, int to) {
    return switch (to - from) {
      case 2 -> is(N_TE, TE, bytes, from, to);
      case 4 -> is(N_HOST, HOST, bytes, from, to);
      case 6 -> is(N_EXPECT, EXPECT, bytes, from, to);
      case 7 -> is(N_UPGRADE, UPGRADE, bytes, from, to) | is(N_TRAILER, TRAILER, bytes, from, to);
      case 10 ->
          is(N_CONNECTION, CONNECTION, bytes, from, to)
              | is(N_KEEP_ALIVE, KEEP_ALIVE, bytes, from, to);
      case 14 ->
          is(N_CONTENT_LENGTH, CONTENT_LENGTH, bytes, from, to)
              | is(N_HTTP2_SETTINGS, HTTP2_SETTINGS, bytes, from, to);
      case 16 -> is(N_PROXY_CONNECTION, PROXY_CONNECTION, bytes, from, to);
      case 17 -> is(N_TRANSFER_ENCODING, TRANSFER_ENCODING, bytes, from, to);
      default -> OTHER;
    };
  }

  private static int is(byte[] name, int field, byte[] bytes, int from, int to) {
    return Arrays.equals(bytes, from, to, name, 0, name.length) ? field : OTHER;
  }
}
