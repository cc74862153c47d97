package io.heddle.proxy.filters.cors;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Set;

/**
 * Cross-origin resource sharing ({@code envoy.filters.http.cors}). The policy stands on the route,
 * the virtual host or the route table.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter">Envoy,
 *     CORS</a>
 */
public final class CorsFilterFactory implements HttpFilterFactory {
  private static final String PREFIX = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.";

  @Override
  public String name() {
    return "envoy.filters.http.cors";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(PREFIX + "Cors", PREFIX + "CorsPolicy");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    var _ = SetFields.unpack(config, Cors.class, Set.of());
    StatsScope scope = context.stats().scope("cors");
    return new Config(
        new CorsFilter.Stats(scope.counter("origin_valid"), scope.counter("origin_invalid")));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return CorsPolicy.of(
        SetFields.unpack(
            config, io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy.class),
        context.runtime());
  }

  private record Config(CorsFilter.Stats stats) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new CorsFilter(stats, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.RESPONSE_HEADERS);
    }
  }
}
