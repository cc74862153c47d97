package io.heddle.proxy.app.admin;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A request to the admin API.
 *
 * @param foreign whether a browser says that a page of another origin sent it
 */
public record AdminRequest(String method, String path, Map<String, String> query, boolean foreign) {

  /** Splits a request target; a key without a value has the empty one. */
  static AdminRequest of(String method, String target, boolean foreign) {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    Map<String, String> query = new LinkedHashMap<>();
    if (mark >= 0) {
      for (String pair : target.substring(mark + 1).split("&", -1)) {
        int equals = pair.indexOf('=');
        String key = equals < 0 ? pair : pair.substring(0, equals);
        if (!key.isEmpty()) {
          query.put(decode(key), equals < 0 ? "" : decode(pair.substring(equals + 1)));
        }
      }
    }
    return new AdminRequest(method, path, query, foreign);
  }

  /** Whether the query has this key, with or without a value. */
  public boolean has(String key) {
    return query.containsKey(key);
  }

  /** The value of a key. */
  public Optional<String> value(String key) {
    return Optional.ofNullable(query.get(key));
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return text;
    }
  }
}
