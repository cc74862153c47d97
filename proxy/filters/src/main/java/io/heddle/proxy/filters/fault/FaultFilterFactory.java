package io.heddle.proxy.filters.fault;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
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
 * Injects delays, aborts and slow responses ({@code envoy.filters.http.fault}), fixed or asked for
 * by the request's {@code x-envoy-fault-*} headers. A route's configuration replaces the filter's.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/fault_filter">Envoy,
 *     fault injection</a>
 */
public final class FaultFilterFactory implements HttpFilterFactory {
  static final String NAME = "envoy.filters.http.fault";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return new Config(
        FaultConfig.of(SetFields.unpack(config, HTTPFault.class), context.runtime()),
        FaultStats.of(context.stats()));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return FaultConfig.of(SetFields.unpack(config, HTTPFault.class), context.runtime());
  }

  private record Config(FaultConfig fault, FaultStats stats) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new FaultFilter(fault, stats, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(
          Callback.REQUEST_HEADERS, Callback.RESPONSE_BODY, Callback.LOCAL_REPLY, Callback.END);
    }
  }
}
