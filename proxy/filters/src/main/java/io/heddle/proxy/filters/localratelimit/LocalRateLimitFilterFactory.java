package io.heddle.proxy.filters.localratelimit;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
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
 * Limits requests per process ({@code envoy.filters.http.local_ratelimit}). As with Envoy nothing
 * is limited unless {@code filter_enabled} says so, and nothing refused unless {@code
 * filter_enforced} does. A route's configuration replaces the filter's and has buckets of its own.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter">Envoy,
 *     local rate limit</a>
 */
public final class LocalRateLimitFilterFactory
    implements HttpFilterFactory, RateLimitRules.Compiler {
  @Override
  public String name() {
    return "envoy.filters.http.local_ratelimit";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(
        "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return new Config(
        LocalRateLimitConfig.of(
            SetFields.unpack(config, LocalRateLimit.class), /* route= */ false, context));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return LocalRateLimitConfig.of(
        SetFields.unpack(config, LocalRateLimit.class), /* route= */ true, context);
  }

  @Override
  public RateLimitRules compileRateLimits(List<Any> limits, FilterFactoryContext context)
      throws FilterConfigException {
    return DescriptorRules.ofRoute(limits, context);
  }

  private record Config(LocalRateLimitConfig limit) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new LocalRateLimitFilter(limit, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.RESPONSE_HEADERS);
    }
  }
}
