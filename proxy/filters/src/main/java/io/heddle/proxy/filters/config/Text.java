package io.heddle.proxy.filters.config;

import io.heddle.proxy.api.FilterConfigException;

/** Checks text that goes on the wire as it stands. */
public final class Text {
  private Text() {}

  /** The value of a header (RFC 9110, 5.5); may be empty. */
  public static String headerValue(String value, String path) throws FilterConfigException {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
        throw new FilterConfigException(
            path, "U+%04X".formatted((int) c), "ISO 8859-1 without control characters");
      }
    }
    return value;
  }
}
