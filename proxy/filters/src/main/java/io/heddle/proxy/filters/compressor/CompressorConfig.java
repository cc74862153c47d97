package io.heddle.proxy.filters.compressor;

import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.CompressorOverrides;
import io.envoyproxy.envoy.extensions.filters.http.compressor.v3.CompressorPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.compression.CompressionLibraries;
import io.heddle.proxy.filters.compression.Compressor;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.config.SetFields;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What the filter does.
 *
 * @param removeAcceptEncoding whether the upstream is kept from compressing
 * @param untouched status codes whose responses stay as they are
 * @param first preferred where the client does not care
 */
record CompressorConfig(
    Compressor.Library library,
    DirectionRules request,
    DirectionRules response,
    boolean disableOnEtag,
    boolean removeAcceptEncoding,
    Set<Integer> untouched,
    boolean first,
    Stats requestStats,
    Stats responseStats) {
  CompressorConfig {
    untouched = Set.copyOf(untouched);
  }

  /** {@code http.<stat_prefix>.compressor.<name>.<library>.[request.|response.]*}. */
  record Stats(
      StatsScope.Counter compressed,
      StatsScope.Counter notCompressed,
      StatsScope.Counter uncompressedBytes,
      StatsScope.Counter compressedBytes,
      StatsScope.Counter tooSmall,
      StatsScope.Counter noAcceptHeader,
      StatsScope.Counter identity,
      StatsScope.Counter used,
      StatsScope.Counter overshadowed,
      StatsScope.Counter wildcard,
      StatsScope.Counter notValid,
      StatsScope.Counter etag) {
    static Stats of(StatsScope scope) {
      return new Stats(
          scope.counter("compressed"),
          scope.counter("not_compressed"),
          scope.counter("total_uncompressed_bytes"),
          scope.counter("total_compressed_bytes"),
          scope.counter("content_length_too_small"),
          scope.counter("no_accept_header"),
          scope.counter("header_identity"),
          scope.counter("header_compressor_used"),
          scope.counter("header_compressor_overshadowed"),
          scope.counter("header_wildcard"),
          scope.counter("header_not_valid"),
          scope.counter("not_compressed_etag"));
    }
  }

  @SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
  static CompressorConfig of(
      io.envoyproxy.envoy.extensions.filters.http.compressor.v3.Compressor message,
      FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(
        message,
        "",
        Set.of(
            "content_length",
            "content_type",
            "disable_on_etag_header",
            "remove_accept_encoding_header",
            "runtime_enabled",
            "compressor_library",
            "request_direction_config",
            "response_direction_config",
            "choose_first"));
    Compressor.Library library =
        CompressionLibraries.compressor(message.getCompressorLibrary(), "compressor_library");
    StatsScope scope =
        context
            .stats()
            .scope("compressor")
            .scope(message.getCompressorLibrary().getName())
            .scope(library.statName());
    DirectionRules request = DirectionRules.OFF;
    if (message.hasRequestDirectionConfig()) {
      SetFields.allow(
          message.getRequestDirectionConfig(), "request_direction_config", Set.of("common_config"));
      request =
          DirectionRules.of(
              message.getRequestDirectionConfig().getCommonConfig(),
              "request_direction_config.common_config",
              context.runtime());
    }
    if (!message.hasResponseDirectionConfig()) {
      return new CompressorConfig(
          library,
          request,
          DirectionRules.of(
              message.hasRuntimeEnabled()
                  ? RuntimeFlag.of(
                      message.getRuntimeEnabled(), "runtime_enabled", context.runtime())
                  : RuntimeFlag.fixed(true),
              message.hasContentLength(),
              message.getContentLength(),
              message.getContentTypeList()),
          message.getDisableOnEtagHeader(),
          message.getRemoveAcceptEncodingHeader(),
          Set.of(),
          message.getChooseFirst(),
          Stats.of(scope.scope("request")),
          Stats.of(scope));
    }
    var response = message.getResponseDirectionConfig();
    SetFields.allow(
        response,
        "response_direction_config",
        Set.of(
            "common_config",
            "disable_on_etag_header",
            "remove_accept_encoding_header",
            "uncompressible_response_codes"));
    return new CompressorConfig(
        library,
        request,
        DirectionRules.of(
            response.getCommonConfig(),
            "response_direction_config.common_config",
            context.runtime()),
        response.getDisableOnEtagHeader(),
        response.getRemoveAcceptEncodingHeader(),
        new HashSet<>(response.getUncompressibleResponseCodesList()),
        message.getChooseFirst(),
        Stats.of(scope.scope("request")),
        Stats.of(scope.scope("response")));
  }

  /** What a route changes. */
  record Change(
      boolean disabled,
      boolean enablesResponse,
      Optional<Boolean> removeAcceptEncoding,
      Optional<Compressor.Library> library)
      implements RouteFilterConfig {
    static final Change NOTHING = new Change(false, false, Optional.empty(), Optional.empty());

    static Change of(CompressorPerRoute message) throws FilterConfigException {
      SetFields.allow(message, "", Set.of("disabled", "overrides"));
      return switch (message.getOverrideCase()) {
        case DISABLED -> {
          if (!message.getDisabled()) {
            throw new FilterConfigException("disabled", "false", "true, or overrides");
          }
          yield new Change(true, false, Optional.empty(), Optional.empty());
        }
        case OVERRIDES -> of(message.getOverrides());
        case OVERRIDE_NOT_SET ->
            throw new FilterConfigException("override", "not set", "disabled or overrides");
      };
    }

    private static Change of(CompressorOverrides message) throws FilterConfigException {
      SetFields.allow(
          message, "overrides", Set.of("response_direction_config", "compressor_library"));
      SetFields.allow(
          message.getResponseDirectionConfig(),
          "overrides.response_direction_config",
          Set.of("remove_accept_encoding_header"));
      return new Change(
          false,
          message.hasResponseDirectionConfig(),
          message.getResponseDirectionConfig().hasRemoveAcceptEncodingHeader()
              ? Optional.of(
                  message.getResponseDirectionConfig().getRemoveAcceptEncodingHeader().getValue())
              : Optional.empty(),
          message.hasCompressorLibrary()
              ? Optional.of(
                  CompressionLibraries.compressor(
                      message.getCompressorLibrary(), "overrides.compressor_library"))
              : Optional.empty());
    }
  }
}
