package io.heddle.proxy.api;

import com.google.protobuf.Any;
import java.util.List;
import java.util.Optional;

/**
 * The {@code rate_limits} of a route or a virtual host, compiled by the filters that read them and
 * found again through {@link RouteView#rateLimits}. Immutable.
 */
public interface RateLimitRules {
  /**
   * Compiles them. The factory of a filter that reads them implements it; where several do, the
   * first that the proxy has compiles for all. Stateless.
   */
  interface Compiler {
    /**
     * Compiles the list of one route or virtual host.
     *
     * @param limits of {@code envoy.config.route.v3.RateLimit}, in order; not empty
     * @throws FilterConfigException names the field from {@code rate_limits[0]} on
     */
    RateLimitRules compileRateLimits(List<Any> limits, FilterFactoryContext context)
        throws FilterConfigException;
  }

  /**
   * What holds for the requests of a route.
   *
   * @param ofRoute empty where the route has none
   * @param ofHost empty where its virtual host has none
   * @param includeHost whether the virtual host's count although the route has its own ({@code
   *     include_vh_rate_limits})
   */
  record OfRoute(
      Optional<RateLimitRules> ofRoute, Optional<RateLimitRules> ofHost, boolean includeHost) {
    /** None at all. */
    public static final OfRoute NONE = new OfRoute(Optional.empty(), Optional.empty(), false);
  }
}
