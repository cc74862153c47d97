package io.heddle.xds.model;

import io.heddle.xds.model.ClusterConfig.CircuitBreakers;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.TcpKeepalive;
import io.heddle.xds.model.ClusterConfig.UpstreamProtocol;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Builds a {@link ClusterConfig}, whose components begin with Envoy's defaults. Owned by one
 * thread.
 */
public final class ClusterConfigBuilder {
  private final String name;
  private String altStatName;
  private Discovery discovery;
  private LbPolicy lbPolicy = LbPolicy.RoundRobin.ROUND_ROBIN;
  private Duration connectTimeout = Duration.ofSeconds(5);
  private CircuitBreakers circuitBreakers = CircuitBreakers.DEFAULT;
  private int perConnectionBufferLimitBytes = 1024 * 1024;
  private UpstreamProtocol protocol = UpstreamProtocol.HTTP1;
  private Duration idleTimeout = Duration.ofHours(1);
  private long maxRequestsPerConnection;
  private int maxResponseHeadersKb = 60;
  private int maxResponseHeadersCount = 100;
  private TcpKeepalive tcpKeepalive = TcpKeepalive.OFF;
  private double healthyPanicThreshold = 50;
  private Map<String, ExtensionConfig> typedExtensionProtocolOptions = Map.of();
  private List<ExtensionConfig> httpFilters = List.of();
  private Http2Options http2 = Http2Options.DEFAULT;
  private Optional<BindConfig> bind = Optional.empty();
  private HostTransports transports = HostTransports.RAW;
  private PoolingConfig pooling = PoolingConfig.DEFAULT;
  private Map<String, StructValue.Fields> metadata = Map.of();
  private HealthConfig health = HealthConfig.NONE;

  ClusterConfigBuilder(String name, Discovery discovery) {
    this.name = name;
    this.altStatName = name;
    this.discovery = discovery;
  }

  ClusterConfigBuilder(ClusterConfig from) {
    this.name = from.name();
    this.altStatName = from.altStatName();
    this.discovery = from.discovery();
    this.lbPolicy = from.lbPolicy();
    this.connectTimeout = from.connectTimeout();
    this.circuitBreakers = from.circuitBreakers();
    this.perConnectionBufferLimitBytes = from.perConnectionBufferLimitBytes();
    this.protocol = from.protocol();
    this.idleTimeout = from.idleTimeout();
    this.maxRequestsPerConnection = from.maxRequestsPerConnection();
    this.maxResponseHeadersKb = from.maxResponseHeadersKb();
    this.maxResponseHeadersCount = from.maxResponseHeadersCount();
    this.tcpKeepalive = from.tcpKeepalive();
    this.healthyPanicThreshold = from.healthyPanicThreshold();
    this.typedExtensionProtocolOptions = from.typedExtensionProtocolOptions();
    this.httpFilters = from.httpFilters();
    this.http2 = from.http2();
    this.bind = from.bind();
    this.transports = from.transports();
    this.pooling = from.pooling();
    this.metadata = from.metadata();
    this.health = from.health();
  }

  /** Sets {@link ClusterConfig#altStatName}. */
  public ClusterConfigBuilder altStatName(String value) {
    altStatName = value;
    return this;
  }

  /** Sets {@link ClusterConfig#discovery}. */
  public ClusterConfigBuilder discovery(Discovery value) {
    discovery = value;
    return this;
  }

  /** Sets {@link ClusterConfig#lbPolicy}. */
  public ClusterConfigBuilder lbPolicy(LbPolicy value) {
    lbPolicy = value;
    return this;
  }

  /** Sets {@link ClusterConfig#connectTimeout}. */
  public ClusterConfigBuilder connectTimeout(Duration value) {
    connectTimeout = value;
    return this;
  }

  /** Sets {@link ClusterConfig#circuitBreakers}. */
  public ClusterConfigBuilder circuitBreakers(CircuitBreakers value) {
    circuitBreakers = value;
    return this;
  }

  /** Sets {@link ClusterConfig#perConnectionBufferLimitBytes}. */
  public ClusterConfigBuilder perConnectionBufferLimitBytes(int value) {
    perConnectionBufferLimitBytes = value;
    return this;
  }

  /** Sets {@link ClusterConfig#protocol}. */
  public ClusterConfigBuilder protocol(UpstreamProtocol value) {
    protocol = value;
    return this;
  }

  /** Sets {@link ClusterConfig#idleTimeout}. */
  public ClusterConfigBuilder idleTimeout(Duration value) {
    idleTimeout = value;
    return this;
  }

  /** Sets {@link ClusterConfig#maxRequestsPerConnection}. */
  public ClusterConfigBuilder maxRequestsPerConnection(long value) {
    maxRequestsPerConnection = value;
    return this;
  }

  /** Sets {@link ClusterConfig#maxResponseHeadersKb}. */
  public ClusterConfigBuilder maxResponseHeadersKb(int value) {
    maxResponseHeadersKb = value;
    return this;
  }

  /** Sets {@link ClusterConfig#maxResponseHeadersCount}. */
  public ClusterConfigBuilder maxResponseHeadersCount(int value) {
    maxResponseHeadersCount = value;
    return this;
  }

  /** Sets {@link ClusterConfig#tcpKeepalive}. */
  public ClusterConfigBuilder tcpKeepalive(TcpKeepalive value) {
    tcpKeepalive = value;
    return this;
  }

  /** Sets {@link ClusterConfig#healthyPanicThreshold}. */
  public ClusterConfigBuilder healthyPanicThreshold(double value) {
    healthyPanicThreshold = value;
    return this;
  }

  /** Sets {@link ClusterConfig#typedExtensionProtocolOptions}. */
  public ClusterConfigBuilder typedExtensionProtocolOptions(Map<String, ExtensionConfig> value) {
    typedExtensionProtocolOptions = value;
    return this;
  }

  /** Sets {@link ClusterConfig#httpFilters}. */
  public ClusterConfigBuilder httpFilters(List<ExtensionConfig> value) {
    httpFilters = value;
    return this;
  }

  /** Sets {@link ClusterConfig#http2}. */
  public ClusterConfigBuilder http2(Http2Options value) {
    http2 = value;
    return this;
  }

  /** Sets {@link ClusterConfig#bind} to what is configured. */
  public ClusterConfigBuilder bind(BindConfig value) {
    bind = Optional.of(value);
    return this;
  }

  /** Sets {@link ClusterConfig#transports}. */
  public ClusterConfigBuilder transports(HostTransports value) {
    transports = value;
    return this;
  }

  /** Sets {@link ClusterConfig#pooling}. */
  public ClusterConfigBuilder pooling(PoolingConfig value) {
    pooling = value;
    return this;
  }

  /** Sets {@link ClusterConfig#metadata}. */
  public ClusterConfigBuilder metadata(Map<String, StructValue.Fields> value) {
    metadata = value;
    return this;
  }

  /** Sets {@link ClusterConfig#health}. */
  public ClusterConfigBuilder health(HealthConfig value) {
    health = value;
    return this;
  }

  /** The configuration. */
  public ClusterConfig build() {
    return new ClusterConfig(
        name,
        altStatName,
        discovery,
        lbPolicy,
        connectTimeout,
        circuitBreakers,
        perConnectionBufferLimitBytes,
        protocol,
        idleTimeout,
        maxRequestsPerConnection,
        maxResponseHeadersKb,
        maxResponseHeadersCount,
        tcpKeepalive,
        healthyPanicThreshold,
        typedExtensionProtocolOptions,
        httpFilters,
        http2,
        bind,
        transports,
        pooling,
        metadata,
        health);
  }
}
