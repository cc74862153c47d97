package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A named group of endpoints and how to talk to it ({@code envoy.config.cluster.v3.Cluster}).
 *
 * @param altStatName the name in statistics; equal to {@code name} where none is configured
 * @param connectTimeout 5 s by default
 * @param perConnectionBufferLimitBytes high watermark of a connection's buffers; 1 MiB by default
 * @param idleTimeout of a pooled connection; 1 h by default, zero means never
 * @param maxRequestsPerConnection zero means no bound
 * @param maxResponseHeadersKb 60 by default
 * @param maxResponseHeadersCount 100 by default
 * @param healthyPanicThreshold percent of healthy endpoints under which health is disregarded; 50
 *     by default, zero switches that off
 * @param typedExtensionProtocolOptions per extension name, without the HTTP protocol options, which
 *     are parsed into this record
 * @param httpFilters the filters that each attempt passes, in order, without the codec at their end
 * @param bind what upstream connections are bound to; empty where the proxy's own setting holds
 * @param metadata what it says of itself, by namespace
 * @param health what makes its endpoints unhealthy
 */
public record ClusterConfig(
    String name,
    String altStatName,
    Discovery discovery,
    LbPolicy lbPolicy,
    Duration connectTimeout,
    CircuitBreakers circuitBreakers,
    int perConnectionBufferLimitBytes,
    UpstreamProtocol protocol,
    Duration idleTimeout,
    long maxRequestsPerConnection,
    int maxResponseHeadersKb,
    int maxResponseHeadersCount,
    TcpKeepalive tcpKeepalive,
    double healthyPanicThreshold,
    Map<String, ExtensionConfig> typedExtensionProtocolOptions,
    List<ExtensionConfig> httpFilters,
    Http2Options http2,
    Optional<BindConfig> bind,
    HostTransports transports,
    PoolingConfig pooling,
    Map<String, StructValue.Fields> metadata,
    HealthConfig health) {

  public ClusterConfig {
    typedExtensionProtocolOptions = Map.copyOf(typedExtensionProtocolOptions);
    httpFilters = List.copyOf(httpFilters);
    metadata = Map.copyOf(metadata);
  }

  /** The secrets that must be there before this cluster can serve, in order. */
  public List<SecretRef> secrets() {
    return transports.secrets();
  }

  /** A cluster of this name with Envoy's defaults. */
  public static ClusterConfigBuilder builder(String name, Discovery discovery) {
    return new ClusterConfigBuilder(name, discovery);
  }

  /** A builder that begins with this configuration. */
  public ClusterConfigBuilder toBuilder() {
    return new ClusterConfigBuilder(this);
  }

  /** The protocol spoken upstream. */
  public enum UpstreamProtocol {
    HTTP1,
    /** By prior knowledge, or by ALPN where there is TLS. */
    HTTP2,
    /** What the client speaks ({@code use_downstream_protocol_config}). */
    DOWNSTREAM,
    /** What TLS agrees on, HTTP/2 rather than HTTP/1.1 ({@code auto_config}). */
    NEGOTIATED
  }

  /** Where the endpoints come from. */
  public sealed interface Discovery {
    /** They are written down, as IP addresses. */
    record Static(EndpointsConfig endpoints) implements Discovery {}

    /**
     * They are what DNS says about the host names written down.
     *
     * @param refreshRate 5 s by default
     */
    record StrictDns(
        EndpointsConfig endpoints,
        Duration refreshRate,
        DnsLookupFamily lookupFamily,
        DnsOptions options)
        implements Discovery {
      /** Every address of a name, without anything further configured. */
      public StrictDns(
          EndpointsConfig endpoints, Duration refreshRate, DnsLookupFamily lookupFamily) {
        this(endpoints, refreshRate, lookupFamily, DnsOptions.DEFAULT);
      }
    }

    /**
     * They are those of other clusters, each of which takes what those before it cannot ({@code
     * envoy.clusters.aggregate}).
     *
     * @param clusters by name, the preferred ones first; at least one
     */
    record Aggregate(List<String> clusters) implements Discovery {
      public Aggregate {
        clusters = List.copyOf(clusters);
      }
    }

    /**
     * Each is made when a request names it, once its name has been looked up ({@code
     * envoy.clusters.dynamic_forward_proxy}).
     */
    record DynamicForward(NameCacheConfig names) implements Discovery {}

    /**
     * Each is made when a request or a connection asks for it, with the address that this was going
     * to ({@code ORIGINAL_DST}).
     *
     * @param cleanupInterval how long a host that nobody uses is kept; 5 s by default
     * @param header names the host, before the connection's destination does; empty where none does
     * @param metadata names the host, before the header does
     * @param port takes the place of the port that was found
     */
    record OriginalDst(
        Duration cleanupInterval,
        Optional<String> header,
        Optional<MetadataKey> metadata,
        OptionalInt port)
        implements Discovery {}

    /**
     * They come by EDS over ADS.
     *
     * @param serviceName what is asked for; the cluster's name where none is configured
     * @param initialFetchTimeout how long warming waits for them; zero means for ever
     */
    record Eds(String serviceName, Duration initialFetchTimeout, SourceConfig.Origin origin)
        implements Discovery {
      /** Over the aggregated stream. */
      public Eds(String serviceName, Duration initialFetchTimeout) {
        this(serviceName, initialFetchTimeout, SourceConfig.Origin.Ads.ADS);
      }
    }
  }

  /** Where in dynamic metadata a value is: the namespace, then the keys that lead to it. */
  public record MetadataKey(String namespace, List<String> path) {
    public MetadataKey {
      path = List.copyOf(path);
    }
  }

  /**
   * How names are looked up.
   *
   * @param logical whether only the first address of the one name is used ({@code LOGICAL_DNS})
   * @param failureBase how long to wait after a failure at first; zero means the refresh rate
   * @param failureMost how long to wait after many failures
   * @param jitter at most so much is added to each wait
   * @param respectTtl whether answers hold for as long as they say, where they do
   */
  public record DnsOptions(
      boolean logical,
      Duration failureBase,
      Duration failureMost,
      Duration jitter,
      boolean respectTtl) {
    /** Whatever times to live the answers have. */
    public DnsOptions(
        boolean logical, Duration failureBase, Duration failureMost, Duration jitter) {
      this(logical, failureBase, failureMost, jitter, false);
    }

    /** Every address, retried at the refresh rate. */
    public static final DnsOptions DEFAULT =
        new DnsOptions(false, Duration.ZERO, Duration.ZERO, Duration.ZERO);
  }

  /** Which addresses a lookup takes. */
  public enum DnsLookupFamily {
    /** IPv6, and IPv4 only where there is none. */
    AUTO,
    V4_ONLY,
    V6_ONLY,
    /** IPv4, and IPv6 only where there is none. */
    V4_PREFERRED,
    ALL
  }

  /** Bounds per routing priority. */
  public record CircuitBreakers(Thresholds normal, Thresholds high) {
    /** Envoy's defaults at both priorities. */
    public static final CircuitBreakers DEFAULT =
        new CircuitBreakers(Thresholds.DEFAULT, Thresholds.DEFAULT);

    /** The bounds that hold at a priority. */
    public Thresholds at(RouteAction.RoutingPriority priority) {
      return switch (priority) {
        case DEFAULT -> normal;
        case HIGH -> high;
      };
    }
  }

  /**
   * What a cluster may have at once; each is 0 to 2³²−1.
   *
   * @param retryBudget in the place of {@code maxRetries}
   * @param limits what few clusters bound
   */
  public record Thresholds(
      long maxConnections,
      long maxPendingRequests,
      long maxRequests,
      long maxRetries,
      Optional<RetryBudget> retryBudget,
      Limits limits) {
    /** Envoy's defaults. */
    public static final Thresholds DEFAULT = new Thresholds(1024, 1024, 1024, 3);

    /** With a number of retries. */
    public Thresholds(
        long maxConnections, long maxPendingRequests, long maxRequests, long maxRetries) {
      this(
          maxConnections,
          maxPendingRequests,
          maxRequests,
          maxRetries,
          Optional.empty(),
          Limits.NONE);
    }
  }

  /**
   * What few clusters bound, too.
   *
   * @param connectionPools over all event loops
   * @param connectionsPerHost to one host, over all event loops
   * @param trackRemaining whether statistics say how many more there may be
   * @param pendingTime how long a request may wait for a connection; zero means for as long as its
   *     other timeouts let it
   */
  public record Limits(
      long connectionPools, long connectionsPerHost, boolean trackRemaining, Duration pendingTime) {
    /** Nothing is bounded, and nothing told. */
    public static final Limits NONE =
        new Limits(Long.MAX_VALUE, Long.MAX_VALUE, false, Duration.ZERO);
  }

  /**
   * Retries as a share of the requests that are under way or wait.
   *
   * @param percent 0 to 100
   * @param least how many there may be of however few requests
   */
  public record RetryBudget(double percent, long least) {}

  /**
   * Keep-alive probes of TCP; zero leaves a value to the system.
   *
   * @param enabled whether probes are sent at all
   */
  public record TcpKeepalive(boolean enabled, int probes, int timeSeconds, int intervalSeconds) {
    /** No probes. */
    public static final TcpKeepalive OFF = new TcpKeepalive(false, 0, 0, 0);
  }
}
