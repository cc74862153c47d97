package io.heddle.proxy.filters.adaptiveconcurrency;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Set;

/**
 * Bounds the requests under way by how long they take ({@code
 * envoy.filters.http.adaptive_concurrency}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/adaptive_concurrency_filter">Envoy,
 *     adaptive concurrency</a>
 */
public final class AdaptiveConcurrencyFilterFactory implements HttpFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.http.adaptive_concurrency";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(
        "type.googleapis.com/"
            + "envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return new Config(
        AdaptiveConcurrencyConfig.of(SetFields.unpack(config, AdaptiveConcurrency.class), context));
  }

  private record Config(AdaptiveConcurrencyConfig config) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new AdaptiveConcurrencyFilter(config, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.END);
    }
  }
}
