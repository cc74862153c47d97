package io.heddle.proxy.filters.ratelimit;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.descriptors.DescriptorRules;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Limits requests by what a rate-limit service says ({@code envoy.filters.http.ratelimit}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/rate_limit_filter">Envoy,
 *     rate limit</a>
 */
public final class RateLimitFilterFactory implements HttpFilterFactory, RateLimitRules.Compiler {
  private static final String PREFIX = "type.googleapis.com/envoy.extensions.filters.http.";

  @Override
  public String name() {
    return "envoy.filters.http.ratelimit";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(PREFIX + "ratelimit.v3.RateLimit", PREFIX + "ratelimit.v3.RateLimitPerRoute");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return new Config(RateLimitConfig.of(SetFields.unpack(config, RateLimit.class), context));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return RateLimitPerRouteConfig.of(SetFields.unpack(config, RateLimitPerRoute.class), context);
  }

  @Override
  public RateLimitRules compileRateLimits(List<Any> limits, FilterFactoryContext context)
      throws FilterConfigException {
    return DescriptorRules.ofRoute(limits, context);
  }

  private record Config(RateLimitConfig limits) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new RateLimitFilter(limits, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.RESPONSE_HEADERS, Callback.END);
    }
  }
}
