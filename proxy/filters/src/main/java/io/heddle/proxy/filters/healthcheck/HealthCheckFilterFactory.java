package io.heddle.proxy.filters.healthcheck;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.health_check.v3.HealthCheck;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Set;

/**
 * Answers health checks ({@code envoy.filters.http.health_check}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/health_check_filter">Envoy,
 *     health check</a>
 */
public final class HealthCheckFilterFactory implements HttpFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.http.health_check";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    HealthCheckConfig parsed = HealthCheckConfig.of(SetFields.unpack(config, HealthCheck.class));
    return new Config(parsed, new AnswerCache(parsed.cacheNanos()), context.server());
  }

  private record Config(HealthCheckConfig healthCheck, AnswerCache cache, ServerView server)
      implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new HealthCheckFilter(healthCheck, cache, server, server.node().cluster(), context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.REQUEST_BODY, Callback.RESPONSE_HEADERS);
    }
  }
}
