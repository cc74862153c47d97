package io.heddle.proxy.api;

import java.util.List;
import java.util.Map;

/**
 * A response that the proxy itself gives.
 *
 * @param status 200 to 599
 * @param detail why, for {@code %RESPONSE_CODE_DETAILS%}: words joined by underscores, at most
 *     1,024
 * @param flags response flags to set, Envoy's short names
 * @param headers added to the response, in order
 * @param body text, at most {@value #LONGEST_BODY} characters, sent as {@code text/plain} unless a
 *     header says otherwise
 */
public record LocalReply(
    int status,
    String detail,
    List<ResponseFlag> flags,
    Map<HeaderName, String> headers,
    String body) {
  /** What a direct response may be configured to, and so any local reply: 16 MiB. */
  public static final int LONGEST_BODY = 16 << 20;

  /** Checks the ranges and copies the collections, keeping the headers' order. */
  public LocalReply {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected: 200 to 599)");
    }
    if (detail.isEmpty() || detail.length() > 1024 || detail.indexOf(' ') >= 0) {
      throw new IllegalArgumentException(
          "detail: \"" + detail + "\" (expected: 1 to 1024 characters without spaces)");
    }
    if (body.length() > LONGEST_BODY) {
      throw new IllegalArgumentException(
          "body: " + body.length() + " chars (expected: <= " + LONGEST_BODY + ")");
    }
    flags = List.copyOf(flags);
    headers = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(headers));
  }

  /** A reply with neither flags nor headers. */
  public static LocalReply of(int status, String detail, String body) {
    return new LocalReply(status, detail, List.of(), Map.of(), body);
  }
}
