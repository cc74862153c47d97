package io.heddle.proxy.filters.config;

import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;

/** Reads {@code cookie} headers (RFC 6265, 5.4). */
public final class Cookies {
  private static final HeaderName COOKIE = HeaderName.of("cookie");

  private Cookies() {}

  /** The first value of this name, without quotes around it; empty where there is none. */
  public static String value(HeaderMap headers, String name) {
    for (String line : headers.all(COOKIE)) {
      for (int from = 0; from < line.length(); ) {
        int semicolon = line.indexOf(';', from);
        int to = semicolon < 0 ? line.length() : semicolon;
        int equals = line.indexOf('=', from);
        if (equals >= 0 && equals < to && line.substring(from, equals).strip().equals(name)) {
          return unquoted(line.substring(equals + 1, to).strip());
        }
        from = to + 1;
      }
    }
    return "";
  }

  private static String unquoted(String value) {
    int last = value.length() - 1;
    return last > 0 && value.charAt(0) == '"' && value.charAt(last) == '"'
        ? value.substring(1, last)
        : value;
  }
}
