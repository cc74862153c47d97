package io.heddle.proxy.engine.frames;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What becomes of a field in HPACK's dynamic table, by its name: most are said again, some are of
 * one message only and would drive others out, and some must not be guessed by whoever may add
 * fields of his own and see how long the block becomes (RFC 7541, 7.1.3).
 */
final class FieldKinds {
  /** Remembered. */
  static final int REPEATED = 0;

  /** Said each time. */
  static final int UNIQUE = 1;

  /** Said each time, by all who pass it on. */
  static final int SECRET = 2;

  /** A shorter cookie may be found by trying. */
  private static final int SHORT_COOKIE = 20;

  private static final byte[] OF_STATIC = new byte[StaticTable.LENGTH + 1];
  private static final byte[][] UNIQUE_NAMES = {
    bytes("traceparent"), bytes("x-request-id"), bytes("grpc-timeout"), bytes("x-b3-spanid")
  };
  private static final int COOKIE = known("cookie");

  static {
    for (String name :
        new String[] {
          "age",
          "content-length",
          "content-range",
          "etag",
          "if-modified-since",
          "if-none-match",
          "last-modified",
          "location"
        }) {
      OF_STATIC[known(name)] = UNIQUE;
    }
    for (String name : new String[] {"authorization", "proxy-authorization", "set-cookie"}) {
      OF_STATIC[known(name)] = SECRET;
    }
  }

  private FieldKinds() {}

  private static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.US_ASCII);
  }

  private static int known(String name) {
    byte[] bytes = bytes(name);
    return StaticTable.name(bytes, 0, bytes.length, StaticTable.hash(bytes, 0, bytes.length));
  }

  /** Of a field whose name has this index in the static table, or 0. */
  static int of(int known, byte[] bytes, int from, int length, int valueLength) {
    if (known > 0) {
      return known == COOKIE && valueLength < SHORT_COOKIE ? SECRET : OF_STATIC[known];
    }
    for (byte[] name : UNIQUE_NAMES) {
      if (name.length == length && Arrays.equals(name, 0, length, bytes, from, from + length)) {
        return UNIQUE;
      }
    }
    return REPEATED;
  }
}
