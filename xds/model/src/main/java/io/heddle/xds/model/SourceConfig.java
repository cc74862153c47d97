package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;

/**
 * Where resources are fetched from ({@code envoy.config.core.v3.ConfigSource}).
 *
 * <p>Equal sources are one source: they share a stream, a poll or a watch for each type.
 *
 * @param initialFetchTimeout how long whoever needs a resource waits for it; zero means for ever
 */
public record SourceConfig(Origin origin, Duration initialFetchTimeout) {
  /** Envoy's default of {@code initial_fetch_timeout}. */
  public static final Duration INITIAL_FETCH = Duration.ofSeconds(15);

  /** The aggregated stream with the default wait. */
  public static final SourceConfig ADS = new SourceConfig(Origin.Ads.ADS, INITIAL_FETCH);

  /** What the resources come over. */
  public sealed interface Origin {
    /** The aggregated stream of the bootstrap. */
    enum Ads implements Origin {
      ADS
    }

    /** Wherever the resource that names this source came from. */
    enum Self implements Origin {
      SELF
    }

    /** A stream of its own for each type. */
    record Grpc(
        BootstrapConfig.Variant variant, BootstrapConfig.GrpcTarget target, GrpcOptions options)
        implements Origin {}

    /**
     * Polled by {@code POST /v3/discovery:…}.
     *
     * @param clusterName a static cluster of the bootstrap
     * @param refreshDelay between an answer and the next question
     * @param requestTimeout for one answer; 1 s by default
     */
    record Rest(String clusterName, Duration refreshDelay, Duration requestTimeout)
        implements Origin {}

    /**
     * A file that holds a discovery response, read again when it is moved into place.
     *
     * @param watchedDirectory empty to watch the file itself; else any move within that directory
     *     makes the file be read again
     */
    record File(String path, String watchedDirectory) implements Origin {}
  }

  /**
   * How a gRPC stream is opened and kept.
   *
   * @param nodeOnFirstMessageOnly whether the node is said once a stream and not on every request
   * @param initialMetadata sent at the stream's begin, in order
   * @param rateLimit how often something may be sent
   */
  public record GrpcOptions(
      boolean nodeOnFirstMessageOnly, List<Header> initialMetadata, RateLimit rateLimit) {
    /** The node on every message, no metadata, no limit. */
    public static final GrpcOptions DEFAULT = new GrpcOptions(false, List.of(), RateLimit.NONE);

    public GrpcOptions {
      initialMetadata = List.copyOf(initialMetadata);
    }
  }

  /** One entry of a stream's metadata. */
  public record Header(String name, String value) {}

  /**
   * A bucket of requests.
   *
   * @param maxTokens how many may be sent at once; zero means that there is no limit
   * @param fillRate how many more a second
   */
  public record RateLimit(int maxTokens, double fillRate) {
    public static final RateLimit NONE = new RateLimit(0, 0);
  }
}
