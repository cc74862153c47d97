package io.heddle.proxy.api;

import java.util.List;
import java.util.Optional;

/** The route chosen for an exchange. */
public interface RouteView {
  /** The route's name; empty where it has none. */
  String name();

  /** The virtual host's name. */
  String virtualHost();

  /** The cluster, once chosen; empty for redirects and direct responses. */
  Optional<String> cluster();

  /** Its rate limits and those of its virtual host. */
  default RateLimitRules.OfRoute rateLimits() {
    return RateLimitRules.OfRoute.NONE;
  }

  /**
   * A text of what the route says of itself ({@code metadata}).
   *
   * @param namespace such as a filter's name
   * @param path names of fields, each within the one before
   * @return empty where there is no such field, or it is no text
   */
  default Optional<String> metadata(String namespace, List<String> path) {
    return Optional.empty();
  }
}
