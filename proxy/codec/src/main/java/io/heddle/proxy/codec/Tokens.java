package io.heddle.proxy.codec;

/**
 * Walks over a comma-separated list (RFC 9110, 5.6.1) in a head's array. Empty elements are
 * skipped.
 */
final class Tokens {
  private final byte[] bytes;
  private final int end;
  private int next;

  /** Where the current element begins and ends, whitespace trimmed. */
  int from;

  int to;

  Tokens(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.next = from;
    this.end = end;
  }

  boolean advance() {
    while (next < end) {
      int comma = next;
      while (comma < end && bytes[comma] != ',') {
        comma++;
      }
      from = next;
      to = comma;
      next = comma + 1;
      while (from < to && Chars.blank(bytes[from])) {
        from++;
      }
      while (to > from && Chars.blank(bytes[to - 1])) {
        to--;
      }
      if (from < to) {
        return true;
      }
    }
    return false;
  }

  /** Whether the current element is this lower-case text, whatever its case. */
  boolean is(byte[] lower) {
    return sameIgnoringCase(bytes, from, to, lower);
  }

  /** Whether the current element begins with this lower-case text, whatever its case. */
  boolean startsWith(byte[] lower) {
    return to - from >= lower.length && sameIgnoringCase(bytes, from, from + lower.length, lower);
  }

  static boolean sameIgnoringCase(byte[] bytes, int from, int to, byte[] lower) {
    if (to - from != lower.length) {
      return false;
    }
    for (int i = 0; i < lower.length; i++) {
      if (Chars.lower(bytes[from + i]) != lower[i]) {
        return false;
      }
    }
    return true;
  }
}
