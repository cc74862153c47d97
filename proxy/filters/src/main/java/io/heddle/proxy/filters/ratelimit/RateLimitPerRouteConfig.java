package io.heddle.proxy.filters.ratelimit;

import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.descriptors.DescriptorRules;
import io.heddle.proxy.filters.descriptors.DescriptorRules.HostRules;
import java.util.Set;

/**
 * What a route has of its own ({@code RateLimitPerRoute}).
 *
 * @param domain empty leaves the filter's
 * @param own rules in the place of all others; none leaves those
 */
record RateLimitPerRouteConfig(HostRules hostRules, String domain, DescriptorRules own)
    implements RouteFilterConfig {

  static RateLimitPerRouteConfig of(RateLimitPerRoute message, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(
        message, "", Set.of("vh_rate_limits", "override_option", "rate_limits", "domain"));
    return new RateLimitPerRouteConfig(
        hostRules(message),
        message.getDomain(),
        DescriptorRules.ofFilter(message.getRateLimitsList(), "", context));
  }

  /** Unless {@code override_option} says something, {@code vh_rate_limits} does. */
  private static HostRules hostRules(RateLimitPerRoute message) throws FilterConfigException {
    HostRules older =
        switch (message.getVhRateLimits()) {
          case OVERRIDE -> HostRules.OVERRIDE;
          case INCLUDE -> HostRules.INCLUDE;
          case IGNORE -> HostRules.IGNORE;
          case UNRECOGNIZED ->
              throw new FilterConfigException(
                  "vh_rate_limits",
                  Integer.toString(message.getVhRateLimitsValue()),
                  "OVERRIDE, INCLUDE or IGNORE");
        };
    return switch (message.getOverrideOption()) {
      case DEFAULT -> older;
      case OVERRIDE_POLICY -> HostRules.OVERRIDE;
      case INCLUDE_POLICY -> HostRules.INCLUDE;
      case IGNORE_POLICY -> HostRules.IGNORE;
      case UNRECOGNIZED ->
          throw new FilterConfigException(
              "override_option",
              Integer.toString(message.getOverrideOptionValue()),
              "a value of OverrideOptions");
    };
  }
}
