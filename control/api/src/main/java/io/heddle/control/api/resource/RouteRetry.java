package io.heddle.control.api.resource;

import java.util.List;

/**
 * Whether a failed attempt is made again (Gateway API {@code HTTPRouteRetry}).
 *
 * @param stated false: the rule says nothing, and nothing is sent twice
 * @param codes statuses of 400 to 599 that are tried again; empty: 503 alone
 * @param attempts how many more, 1 to 10 ({@link #DEFAULT_ATTEMPTS} unless stated); zero: none
 * @param backoff the least time before the next one; {@link RouteTimeout#UNSET}: the proxy's own
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1731/">Gateway API, GEP-1731</a>
 */
public record RouteRetry(boolean stated, List<Integer> codes, int attempts, RouteTimeout backoff) {
  public static final int DEFAULT_ATTEMPTS = 2;
  public static final int MOST_ATTEMPTS = 10;
  public static final RouteRetry NONE = new RouteRetry(false, List.of(), 0, RouteTimeout.UNSET);

  public RouteRetry {
    codes = List.copyOf(codes);
    if (attempts < 0 || attempts > MOST_ATTEMPTS) {
      throw new IllegalArgumentException(
          "attempts: " + attempts + " (expected: 0 to " + MOST_ATTEMPTS + ")");
    }
  }
}
