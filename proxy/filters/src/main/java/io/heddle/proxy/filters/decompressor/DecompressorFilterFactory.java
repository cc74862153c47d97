package io.heddle.proxy.filters.decompressor;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.decompressor.v3.Decompressor;
import io.envoyproxy.envoy.extensions.filters.http.decompressor.v3.Decompressor.CommonDirectionConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.compression.CompressionLibraries;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.config.SetFields;
import java.util.Set;

/**
 * Decompresses bodies ({@code envoy.filters.http.decompressor}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/decompressor_filter">Envoy,
 *     decompressor</a>
 */
public final class DecompressorFilterFactory implements HttpFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.http.decompressor";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/envoy.extensions.filters.http.decompressor.v3.Decompressor");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    Decompressor message =
        SetFields.unpack(
            config,
            Decompressor.class,
            Set.of(
                "decompressor_library", "request_direction_config", "response_direction_config"));
    SetFields.allow(
        message.getRequestDirectionConfig(),
        "request_direction_config",
        Set.of("common_config", "advertise_accept_encoding"));
    SetFields.allow(
        message.getResponseDirectionConfig(), "response_direction_config", Set.of("common_config"));
    var library =
        CompressionLibraries.decompressor(message.getDecompressorLibrary(), "decompressor_library");
    StatsScope scope =
        context
            .stats()
            .scope("decompressor")
            .scope(message.getDecompressorLibrary().getName())
            .scope(library.statName());
    boolean advertise =
        !message.getRequestDirectionConfig().hasAdvertiseAcceptEncoding()
            || message.getRequestDirectionConfig().getAdvertiseAcceptEncoding().getValue();
    DecompressorFilter.Direction request =
        direction(
            message.getRequestDirectionConfig().getCommonConfig(),
            "request_direction_config.common_config",
            scope.scope("request"),
            context.runtime());
    DecompressorFilter.Direction response =
        direction(
            message.getResponseDirectionConfig().getCommonConfig(),
            "response_direction_config.common_config",
            scope.scope("response"),
            context.runtime());
    return new Config(new DecompressorFilter.Settings(library, request, response, advertise));
  }

  private static DecompressorFilter.Direction direction(
      CommonDirectionConfig message, String path, StatsScope scope, RuntimeView runtime)
      throws FilterConfigException {
    SetFields.allow(message, path, Set.of("enabled", "ignore_no_transform_header"));
    return new DecompressorFilter.Direction(
        message.hasEnabled()
            ? RuntimeFlag.of(message.getEnabled(), path + ".enabled", runtime)
            : RuntimeFlag.fixed(true),
        message.getIgnoreNoTransformHeader(),
        scope.counter("decompressed"),
        scope.counter("not_decompressed"),
        scope.counter("total_uncompressed_bytes"),
        scope.counter("total_compressed_bytes"));
  }

  private record Config(DecompressorFilter.Settings settings) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new DecompressorFilter(settings, context);
    }
  }
}
