package io.heddle.proxy.engine.frames;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** HPACK's fields that need no saying (RFC 7541, appendix A), to be found by their bytes. */
final class StaticTable {
  /** How many there are. */
  static final int LENGTH = 61;

  private static final String[] FIELDS = {
    ":authority", "",
    ":method", "GET",
    ":method", "POST",
    ":path", "/",
    ":path", "/index.html",
    ":scheme", "http",
    ":scheme", "https",
    ":status", "200",
    ":status", "204",
    ":status", "206",
    ":status", "304",
    ":status", "400",
    ":status", "404",
    ":status", "500",
    "accept-charset", "",
    "accept-encoding", "gzip, deflate",
    "accept-language", "",
    "accept-ranges", "",
    "accept", "",
    "access-control-allow-origin", "",
    "age", "",
    "allow", "",
    "authorization", "",
    "cache-control", "",
    "content-disposition", "",
    "content-encoding", "",
    "content-language", "",
    "content-length", "",
    "content-location", "",
    "content-range", "",
    "content-type", "",
    "cookie", "",
    "date", "",
    "etag", "",
    "expect", "",
    "expires", "",
    "from", "",
    "host", "",
    "if-match", "",
    "if-modified-since", "",
    "if-none-match", "",
    "if-range", "",
    "if-unmodified-since", "",
    "last-modified", "",
    "link", "",
    "location", "",
    "max-forwards", "",
    "proxy-authenticate", "",
    "proxy-authorization", "",
    "range", "",
    "referer", "",
    "refresh", "",
    "retry-after", "",
    "server", "",
    "set-cookie", "",
    "strict-transport-security", "",
    "transfer-encoding", "",
    "user-agent", "",
    "vary", "",
    "via", "",
    "www-authenticate", "",
  };

  private static final int SLOTS = 256;
  private static final byte[][] NAMES = new byte[LENGTH + 1][];
  private static final byte[][] VALUES = new byte[LENGTH + 1][];

  /** The first field of each name, by the name's hash. */
  private static final byte[] FIRST = new byte[SLOTS];

  static {
    for (int i = 1; i <= LENGTH; i++) {
      NAMES[i] = FIELDS[2 * i - 2].getBytes(StandardCharsets.US_ASCII);
      VALUES[i] = FIELDS[2 * i - 1].getBytes(StandardCharsets.US_ASCII);
      if (i == 1 || !Arrays.equals(NAMES[i], NAMES[i - 1])) {
        int slot = hash(NAMES[i], 0, NAMES[i].length) & SLOTS - 1;
        while (FIRST[slot] != 0) {
          slot = slot + 1 & SLOTS - 1;
        }
        FIRST[slot] = (byte) i;
      }
    }
  }

  private StaticTable() {}

  static int hash(byte[] bytes, int from, int length) {
    int hash = length;
    for (int i = from; i < from + length; i++) {
      hash = 31 * hash + bytes[i];
    }
    return hash ^ hash >>> 15;
  }

  /** The first field of this name, or 0. */
  static int name(byte[] bytes, int from, int length, int hash) {
    for (int slot = hash & SLOTS - 1; FIRST[slot] != 0; slot = slot + 1 & SLOTS - 1) {
      byte[] name = NAMES[FIRST[slot]];
      if (Arrays.equals(name, 0, name.length, bytes, from, from + length)) {
        return FIRST[slot];
      }
    }
    return 0;
  }

  /** The field of the name that {@code first} has and of this value, or 0. */
  static int field(int first, byte[] bytes, int from, int length) {
    for (int i = first; i <= LENGTH; i++) {
      byte[] value = VALUES[i];
      if (i > first && !Arrays.equals(NAMES[i], NAMES[first])) {
        return 0;
      }
      if (value.length > 0 && Arrays.equals(value, 0, value.length, bytes, from, from + length)) {
        return i;
      }
    }
    return 0;
  }
}
