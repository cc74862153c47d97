package io.heddle.proxy.filters.cors;

import com.google.protobuf.BoolValue;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.filters.config.Percentages;
import io.heddle.proxy.filters.config.RuntimeShare;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.config.StringMatchers;
import io.heddle.proxy.filters.config.Text;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What one level of the route says ({@code envoy.extensions.filters.http.cors.v3.CorsPolicy});
 * whatever is empty is asked of the next, less specific level.
 *
 * @param allowOrigins one of them has to match
 * @param enabled share of requests that the policy is enforced for
 * @param shadow share of requests that are only counted
 */
record CorsPolicy(
    List<StringMatch> allowOrigins,
    String allowMethods,
    String allowHeaders,
    String exposeHeaders,
    String maxAge,
    Optional<Boolean> allowCredentials,
    Optional<Boolean> allowPrivateNetwork,
    Optional<Boolean> forwardNotMatching,
    RuntimeShare enabled,
    RuntimeShare shadow)
    implements RouteFilterConfig {
  private static final Set<String> FIELDS =
      Set.of(
          "allow_origin_string_match",
          "allow_methods",
          "allow_headers",
          "expose_headers",
          "max_age",
          "allow_credentials",
          "filter_enabled",
          "shadow_enabled",
          "allow_private_network_access",
          "forward_not_matching_preflights");

  CorsPolicy {
    allowOrigins = List.copyOf(allowOrigins);
  }

  static CorsPolicy of(
      io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy message, RuntimeView runtime)
      throws FilterConfigException {
    SetFields.allow(message, "", FIELDS);
    List<StringMatch> origins = new ArrayList<>();
    for (int i = 0; i < message.getAllowOriginStringMatchCount(); i++) {
      origins.add(
          StringMatchers.of(
              message.getAllowOriginStringMatch(i),
              SetFields.at("", "allow_origin_string_match", i)));
    }
    return new CorsPolicy(
        origins,
        Text.headerValue(message.getAllowMethods(), "allow_methods"),
        Text.headerValue(message.getAllowHeaders(), "allow_headers"),
        Text.headerValue(message.getExposeHeaders(), "expose_headers"),
        Text.headerValue(message.getMaxAge(), "max_age"),
        flag(message.hasAllowCredentials(), message.getAllowCredentials()),
        flag(message.hasAllowPrivateNetworkAccess(), message.getAllowPrivateNetworkAccess()),
        flag(message.hasForwardNotMatchingPreflights(), message.getForwardNotMatchingPreflights()),
        message.hasFilterEnabled()
            ? RuntimeShare.of(message.getFilterEnabled(), "filter_enabled", runtime)
            : RuntimeShare.fixed(Fraction.ALL),
        message.hasShadowEnabled()
            ? RuntimeShare.of(message.getShadowEnabled(), "shadow_enabled", runtime)
            : RuntimeShare.fixed(Percentages.NONE));
  }

  private static Optional<Boolean> flag(boolean set, BoolValue value) {
    return set ? Optional.of(value.getValue()) : Optional.empty();
  }
}
