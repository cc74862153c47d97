package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;

/** Reads where a resource is to be fetched from: over ADS and from nowhere else. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class SourceReader {

  private static final Duration INITIAL_FETCH = Duration.ofSeconds(15);

  /** What stands for ADS where a source may be left out. */
  static final ConfigSource ADS =
      ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance()).build();

  private SourceReader() {}

  /** The initial fetch timeout, having checked that the source is ADS. */
  static Duration ads(boolean set, ConfigSource source, Path path, Findings findings) {
    // The guard names any other source; here remains the case that there is none.
    if (!set
        || source.getConfigSourceSpecifierCase()
            == ConfigSource.ConfigSourceSpecifierCase.CONFIGSOURCESPECIFIER_NOT_SET) {
      findings.error(path, "no source", "ads: {}");
    }
    version(source.getResourceApiVersionValue(), path.field("resource_api_version"), findings);
    return findings.duration(
        source.hasInitialFetchTimeout(),
        source.getInitialFetchTimeout(),
        INITIAL_FETCH,
        path.field("initial_fetch_timeout"));
  }

  /** Version 2 is gone; AUTO means 3. */
  static void version(int version, Path path, Findings findings) {
    if (version != ApiVersion.V3_VALUE && version != ApiVersion.AUTO_VALUE) {
      findings.error(path, version == ApiVersion.V2_VALUE ? "V2" : Integer.toString(version), "V3");
    }
  }
}
