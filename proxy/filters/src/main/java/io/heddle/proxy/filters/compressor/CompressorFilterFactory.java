package io.heddle.proxy.filters.compressor;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.Compressor;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.CompressorPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.filters.config.SetFields;
import java.util.Set;

/**
 * Compresses bodies ({@code envoy.filters.http.compressor}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/compressor_filter">Envoy,
 *     compressor</a>
 */
public final class CompressorFilterFactory implements HttpFilterFactory {
  private static final String PREFIX =
      "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.";

  @Override
  public String name() {
    return "envoy.filters.http.compressor";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(PREFIX + "Compressor", PREFIX + "CompressorPerRoute");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return new Config(CompressorConfig.of(SetFields.unpack(config, Compressor.class), context));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return CompressorConfig.Change.of(SetFields.unpack(config, CompressorPerRoute.class));
  }

  private record Config(CompressorConfig compressor) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new CompressorFilter(compressor, context);
    }
  }
}
