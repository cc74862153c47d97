package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.RateLimitSettings;
import io.heddle.xds.model.BootstrapConfig.GrpcTarget;
import io.heddle.xds.model.BootstrapConfig.Variant;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads where a resource is to be fetched from. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class SourceReader {
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(1);
  private static final int MAX_TOKENS = 100;
  private static final double FILL_RATE = 10;

  /** What stands for the aggregated stream where a source may be left out. */
  static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  private SourceReader() {}

  /** The source; an error, and ADS in its place, where there is none. */
  static SourceConfig read(boolean set, ConfigSource source, Path path, Findings findings) {
    version(source.getResourceApiVersionValue(), path.field("resource_api_version"), findings);
    Duration timeout =
        findings.duration(
            source.hasInitialFetchTimeout(),
            source.getInitialFetchTimeout(),
            SourceConfig.INITIAL_FETCH,
            path.field("initial_fetch_timeout"));
    if (!set) {
      findings.error(path, "no source", "ads, api_config_source, path_config_source or self");
      return SourceConfig.ADS;
    }
    return new SourceConfig(origin(source, path, findings), timeout);
  }

  /** The initial fetch timeout, for what comes over the aggregated stream and no other source. */
  static Duration ads(boolean set, ConfigSource source, Path path, Findings findings) {
    SourceConfig read = read(set, source, path, findings);
    if (read.origin() != Origin.Ads.ADS) {
      findings.error(path, "another source", "ads: {}");
    }
    return read.initialFetchTimeout();
  }

  private static Origin origin(ConfigSource source, Path path, Findings findings) {
    return switch (source.getConfigSourceSpecifierCase()) {
      case ADS -> Origin.Ads.ADS;
      case SELF -> {
        version(
            source.getSelf().getTransportApiVersionValue(),
            path.field("self").field("transport_api_version"),
            findings);
        yield Origin.Self.SELF;
      }
      case PATH -> file(source.getPath(), "", path.field("path"), findings);
      case PATH_CONFIG_SOURCE ->
          file(
              source.getPathConfigSource().getPath(),
              source.getPathConfigSource().getWatchedDirectory().getPath(),
              path.field("path_config_source").field("path"),
              findings);
      case API_CONFIG_SOURCE ->
          api(source.getApiConfigSource(), path.field("api_config_source"), findings);
      case CONFIGSOURCESPECIFIER_NOT_SET -> {
        findings.error(path, "no source", "ads, api_config_source, path_config_source or self");
        yield Origin.Ads.ADS;
      }
    };
  }

  private static Origin file(String file, String watched, Path path, Findings findings) {
    findings.required(file, path);
    if (file.endsWith(".pb_length_delimited")) {
      findings.error(path, file, "a file in YAML, JSON (.json), text (.pb_text) or binary (.pb)");
    }
    return new Origin.File(file, watched);
  }

  /** A source that only this type of resource, or one type, comes over. */
  private static Origin api(ApiConfigSource source, Path path, Findings findings) {
    version(source.getTransportApiVersionValue(), path.field("transport_api_version"), findings);
    return switch (source.getApiType()) {
      case REST -> rest(source, path, findings);
      case GRPC -> grpc(Variant.STATE_OF_THE_WORLD, source, path, findings);
      case DELTA_GRPC -> grpc(Variant.DELTA, source, path, findings);
      case AGGREGATED_GRPC, AGGREGATED_DELTA_GRPC -> {
        // Envoy knows these for xdstp names only, which are refused by name where they occur.
        findings.error(
            path.field("api_type"),
            source.getApiType().name(),
            "GRPC, DELTA_GRPC or REST; ads: {} for the aggregated stream");
        yield Origin.Ads.ADS;
      }
      case DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE, UNRECOGNIZED -> {
        findings.error(
            path.field("api_type"), source.getApiType().name(), "GRPC, DELTA_GRPC or REST");
        yield Origin.Ads.ADS;
      }
    };
  }

  private static Origin rest(ApiConfigSource source, Path path, Findings findings) {
    if (source.getClusterNamesCount() != 1) {
      findings.error(
          path.field("cluster_names"), source.getClusterNamesCount() + " clusters", "one cluster");
    }
    if (!source.hasRefreshDelay()) {
      findings.error(path.field("refresh_delay"), "nothing", "how long to wait between polls");
    }
    return new Origin.Rest(
        source.getClusterNamesCount() == 0 ? "" : source.getClusterNames(0),
        findings.positive(
            source.hasRefreshDelay(),
            source.getRefreshDelay(),
            REQUEST_TIMEOUT,
            path.field("refresh_delay")),
        findings.positive(
            source.hasRequestTimeout(),
            source.getRequestTimeout(),
            REQUEST_TIMEOUT,
            path.field("request_timeout")));
  }

  private static Origin grpc(
      Variant variant, ApiConfigSource source, Path path, Findings findings) {
    return new Origin.Grpc(
        variant, target(source, path, findings), options(source, path, findings));
  }

  /** How the stream of an API source is opened and kept. */
  static SourceConfig.GrpcOptions options(ApiConfigSource source, Path path, Findings findings) {
    List<SourceConfig.Header> metadata = new ArrayList<>();
    if (source.getGrpcServicesCount() > 0) {
      GrpcService service = source.getGrpcServices(0);
      for (int i = 0; i < service.getInitialMetadataCount(); i++) {
        HeaderValue header = service.getInitialMetadata(i);
        Path here = path.at("grpc_services", 0).at("initial_metadata", i);
        String name = header.getKey().toLowerCase(java.util.Locale.ROOT);
        if (!HeaderReader.isToken(name) || name.startsWith("grpc-") || name.endsWith("-bin")) {
          findings.error(
              here.field("key"), header.getKey(), "a header name without grpc- and -bin");
        }
        if (header.getValue().chars().anyMatch(c -> c < 0x20 || c > 0x7e)
            || header.getValue().contains("%")
            || !header.getRawValue().isEmpty()) {
          findings.error(
              here.field("value"), "a value", "printable ASCII without format operators");
        }
        metadata.add(new SourceConfig.Header(name, header.getValue()));
      }
    }
    return new SourceConfig.GrpcOptions(
        source.getSetNodeOnFirstMessageOnly(), metadata, rateLimit(source, path, findings));
  }

  private static SourceConfig.RateLimit rateLimit(
      ApiConfigSource source, Path path, Findings findings) {
    if (!source.hasRateLimitSettings()) {
      return SourceConfig.RateLimit.NONE;
    }
    RateLimitSettings settings = source.getRateLimitSettings();
    Path here = path.field("rate_limit_settings");
    int tokens =
        findings.bounded(
            settings.hasMaxTokens(),
            settings.getMaxTokens().getValue(),
            MAX_TOKENS,
            1,
            Integer.MAX_VALUE,
            here.field("max_tokens"));
    double rate = settings.hasFillRate() ? settings.getFillRate().getValue() : FILL_RATE;
    if (!(rate > 0 && rate < 1e9)) {
      findings.error(here.field("fill_rate"), Double.toString(rate), "a number above zero");
      rate = FILL_RATE;
    }
    return new SourceConfig.RateLimit(tokens, rate);
  }

  /** Whom the stream of an API source goes to. */
  static GrpcTarget target(ApiConfigSource source, Path path, Findings findings) {
    if (source.getGrpcServicesCount() != 1) {
      findings.error(
          path.field("grpc_services"), source.getGrpcServicesCount() + " services", "one service");
      return new GrpcTarget.Cluster("", "");
    }
    GrpcService service = source.getGrpcServices(0);
    Path here = path.at("grpc_services", 0);
    return switch (service.getTargetSpecifierCase()) {
      case ENVOY_GRPC ->
          new GrpcTarget.Cluster(
              findings.required(
                  service.getEnvoyGrpc().getClusterName(),
                  here.field("envoy_grpc").field("cluster_name")),
              service.getEnvoyGrpc().getAuthority());
      case GOOGLE_GRPC ->
          new GrpcTarget.Uri(
              findings.required(
                  service.getGoogleGrpc().getTargetUri(),
                  here.field("google_grpc").field("target_uri")));
      case TARGETSPECIFIER_NOT_SET -> {
        findings.error(here, "no target", "envoy_grpc or google_grpc");
        yield new GrpcTarget.Cluster("", "");
      }
    };
  }

  /** Version 2 is gone; AUTO means 3. */
  static void version(int version, Path path, Findings findings) {
    if (version != ApiVersion.V3_VALUE && version != ApiVersion.AUTO_VALUE) {
      findings.error(path, version == ApiVersion.V2_VALUE ? "V2" : Integer.toString(version), "V3");
    }
  }
}
