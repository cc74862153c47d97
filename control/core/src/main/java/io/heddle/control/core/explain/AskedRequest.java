package io.heddle.control.core.explain;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A request that nobody sent.
 *
 * @param authority host and, where it is not the scheme's own, port
 * @param path with its query
 * @param headers by name in lower case
 */
public record AskedRequest(
    String method,
    String scheme,
    String authority,
    String path,
    Map<String, List<String>> headers) {
  private static final int LONGEST_URL = 16 << 10;
  private static final int MOST_HEADERS = 100;

  public AskedRequest {
    Map<String, List<String>> lower = new TreeMap<>();
    headers.forEach((name, values) ->
        lower
            .computeIfAbsent(name.toLowerCase(Locale.ROOT), n -> new ArrayList<>())
            .addAll(values));
    lower.replaceAll((name, values) -> List.copyOf(values));
    headers = Map.copyOf(lower);
  }

  /**
   * Reads a URL.
   *
   * @throws IllegalArgumentException naming the offending and the expected value
   */
  public static AskedRequest of(String method, String url, Map<String, List<String>> headers) {
    if (!method.matches("[A-Za-z!#$%&'*+.^_`|~0-9-]{1,32}")) {
      throw new IllegalArgumentException("method: \"" + cut(method) + "\" (expected: such as GET)");
    }
    if (headers.size() > MOST_HEADERS) {
      throw new IllegalArgumentException(
          "headers: " + headers.size() + " (expected: at most " + MOST_HEADERS + ")");
    }
    String expected = " (expected: http://HOST[:PORT][/PATH][?QUERY])";
    if (url.length() > LONGEST_URL) {
      throw new IllegalArgumentException("url: " + url.length() + " characters" + expected);
    }
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("url: \"" + cut(url) + "\"" + expected, e);
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
    if (!(scheme.equals("http") || scheme.equals("https"))
        || authority.isEmpty()
        || authority.indexOf('@') >= 0) {
      throw new IllegalArgumentException("url: \"" + cut(url) + "\"" + expected);
    }
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return new AskedRequest(
        method.toUpperCase(Locale.ROOT), scheme, authority, path + query, headers);
  }

  private static String cut(String text) {
    String cut = text.length() > 100 ? text.substring(0, 100) + "..." : text;
    return cut.replaceAll("\\p{Cntrl}", "?");
  }

  /** The port that the request goes to. */
  int port() {
    int colon = authority.lastIndexOf(':');
    String digits = colon > authority.lastIndexOf(']') ? authority.substring(colon + 1) : "";
    return digits.matches("\\d{1,5}")
        ? Integer.parseInt(digits)
        : scheme.equals("https") ? 443 : 80;
  }

  /** The host in lower case, without a port. */
  String host() {
    int colon = authority.lastIndexOf(':');
    String host = colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority;
    return host.toLowerCase(Locale.ROOT);
  }

  /** The path without its query. */
  String barePath() {
    int query = path.indexOf('?');
    return query < 0 ? path : path.substring(0, query);
  }

  AskedRequest withPath(String newPath) {
    return new AskedRequest(method, scheme, authority, newPath, headers);
  }

  /** Every line of a header, also of a pseudo-header. */
  List<String> lines(String name) {
    return switch (name) {
      case ":method" -> List.of(method);
      case ":authority", "host" -> List.of(authority);
      case ":path" -> List.of(path);
      case ":scheme" -> List.of(scheme);
      default -> headers.getOrDefault(name, List.of());
    };
  }
}
