package io.heddle.proxy.filters.dynamicforwardproxy;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.http.dynamic_forward_proxy.v3.PerRouteConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.NameCache;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.filters.config.HeaderNames;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Set;

/**
 * Looks the host of each request up ({@code envoy.filters.http.dynamic_forward_proxy}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/dynamic_forward_proxy_filter">Envoy,
 *     dynamic forward proxy</a>
 */
public final class DynamicForwardProxyFilterFactory implements HttpFilterFactory {
  private static final String PREFIX =
      "type.googleapis.com/envoy.extensions.filters.http.dynamic_forward_proxy.v3.";

  @Override
  public String name() {
    return "envoy.filters.http.dynamic_forward_proxy";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(PREFIX + "FilterConfig", PREFIX + "PerRouteConfig");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    FilterConfig message =
        SetFields.unpack(
            config,
            FilterConfig.class,
            Set.of("dns_cache_config", "allow_dynamic_host_from_filter_state"));
    if (!message.hasDnsCacheConfig()) {
      throw new FilterConfigException("dns_cache_config", "nothing", "the cache to look in");
    }
    NameCache names;
    try {
      names =
          context
              .nameCaches()
              .open(CacheSettings.of(message.getDnsCacheConfig(), "dns_cache_config"));
    } catch (FilterConfigException refused) {
      throw refused.field().startsWith("dns_cache_config")
          ? refused
          : new FilterConfigException(
              SetFields.at("dns_cache_config", refused.field()),
              refused.offending(),
              refused.expected());
    }
    return new Config(names, context.server(), message.getAllowDynamicHostFromFilterState());
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    PerRouteConfig message =
        SetFields.unpack(
            config, PerRouteConfig.class, Set.of("host_rewrite_literal", "host_rewrite_header"));
    return switch (message.getHostRewriteSpecifierCase()) {
      case HOST_REWRITE_LITERAL -> HostRewrite.literal(message.getHostRewriteLiteral());
      case HOST_REWRITE_HEADER ->
          message.getHostRewriteHeader().isEmpty()
              ? HostRewrite.NONE
              : HostRewrite.header(
                  HeaderNames.of(message.getHostRewriteHeader(), "host_rewrite_header"));
      case HOSTREWRITESPECIFIER_NOT_SET -> HostRewrite.NONE;
    };
  }

  private record Config(NameCache names, ServerView server, boolean fromFilterState)
      implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new DynamicForwardProxyFilter(names, server, fromFilterState, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.END);
    }

    @Override
    public void close() {
      names.close();
    }
  }
}
