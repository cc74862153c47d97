package io.heddle.xds.model;

import com.google.protobuf.Any;
import java.util.List;

/**
 * The {@code rate_limits} of a route or a virtual host, which the filters that read them compile.
 *
 * @param rules messages of {@code envoy.config.route.v3.RateLimit}, whose fields are known to be
 *     ones that are honoured
 * @param includeHost of a route: whether its virtual host's count beside its own
 */
public record RateLimits(List<Any> rules, boolean includeHost) {
  /** None. */
  public static final RateLimits NONE = new RateLimits(List.of(), false);

  public RateLimits {
    rules = List.copyOf(rules);
  }
}
