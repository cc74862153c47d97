package io.heddle.proxy.codec;

import org.jspecify.annotations.Nullable;

/**
 * The first line of a response (RFC 9112, 4). The reason is checked and dropped; so may be its
 * space.
 */
final class StatusLine {
  private static final int VERSION_END = 8;
  private static final int STATUS_END = 12;

  private StatusLine() {}

  /** Reads {@code [start, end)} into the head; what is wrong with it, or null. */
  static @Nullable Violation parse(ResponseHead head, int start, int end) {
    byte[] bytes = head.bytes;
    int versionEnd = start + VERSION_END;
    if (end - start < STATUS_END || !RequestLine.versionShaped(bytes, start, versionEnd)) {
      return Violation.STATUS_LINE;
    }
    HttpVersion version = RequestLine.versionOf(bytes, start);
    if (version == null) {
      return Violation.VERSION_UNSUPPORTED;
    }
    int statusEnd = start + STATUS_END;
    long status = Numbers.decimal(bytes, versionEnd + 1, statusEnd);
    if (bytes[versionEnd] != ' ' || status < 0 || (end > statusEnd && bytes[statusEnd] != ' ')) {
      return Violation.STATUS_LINE;
    }
    if (status < 100 || status > 599) {
      return Violation.STATUS_RANGE;
    }
    int control = ByteScan.indexOfControl(bytes, statusEnd, end);
    if (control >= 0) {
      return bytes[control] == '\r' ? Violation.BARE_CR : Violation.STATUS_LINE;
    }
    head.received(version, (int) status);
    return null;
  }
}
