package io.heddle.proxy.filters.grpcweb;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.grpc_web.v3.GrpcWeb;
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
 * Translates gRPC-Web ({@code envoy.filters.http.grpc_web}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/grpc_web_filter">Envoy,
 *     gRPC-Web</a>
 */
public final class GrpcWebFilterFactory implements HttpFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.http.grpc_web";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    var _ = SetFields.unpack(config, GrpcWeb.class, Set.of());
    return new Config();
  }

  private record Config() implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new GrpcWebFilter(context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(
          Callback.REQUEST_HEADERS,
          Callback.REQUEST_BODY,
          Callback.RESPONSE_HEADERS,
          Callback.RESPONSE_BODY);
    }
  }
}
