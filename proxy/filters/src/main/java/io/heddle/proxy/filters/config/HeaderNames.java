package io.heddle.proxy.filters.config;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import java.util.Set;

/** Reads names of headers. */
public final class HeaderNames {
  /** What frames a message or belongs to one connection; the proxy alone writes these. */
  private static final Set<String> OWNED =
      Set.of(
          "connection",
          "content-length",
          "http2-settings",
          "keep-alive",
          "proxy-connection",
          "te",
          "transfer-encoding",
          "upgrade");

  private HeaderNames() {}

  /** A name. */
  public static HeaderName of(String name, String path) throws FilterConfigException {
    try {
      return HeaderName.of(name);
    } catch (IllegalArgumentException e) {
      FilterConfigException refused =
          new FilterConfigException(path, name, "a header name (RFC 9110, 5.6.2)");
      refused.initCause(e);
      throw refused;
    }
  }

  /** A name that a filter may change. */
  public static HeaderName changeable(String name, String path) throws FilterConfigException {
    HeaderName parsed = of(name, path);
    if (OWNED.contains(parsed.toString())) {
      throw new FilterConfigException(path, name, "a header that the proxy does not own");
    }
    return parsed;
  }

  /** Whether this is a pseudo-header or stands for one. */
  public static boolean special(HeaderName name) {
    return name.pseudo() || name.toString().equals("host");
  }
}
