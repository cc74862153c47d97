package io.heddle.xds.model;

import io.heddle.xds.model.ListenerConfig.DrainType;
import io.heddle.xds.model.ListenerConfig.SocketSettings;
import io.heddle.xds.model.ListenerConfig.TrafficDirection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes a {@link ListenerConfig}. For one thread. */
public final class ListenerConfigBuilder {
  private String name;
  private SocketEndpoint address;
  private String statPrefix = "";
  private List<FilterChainConfig> filterChains = List.of();
  private List<FilterChainConfig> defaultFilterChain = List.of();
  private int bufferLimit = ListenerConfig.DEFAULT_BUFFER_LIMIT_BYTES;
  private List<ExtensionConfig> listenerFilters = List.of();
  private Duration listenerFiltersTimeout = ListenerConfig.DEFAULT_LISTENER_FILTERS_TIMEOUT;
  private boolean continueOnTimeout;
  private boolean reusePort = true;
  private boolean bindToPort = true;
  private TrafficDirection direction = TrafficDirection.UNSPECIFIED;
  private DrainType drainType = DrainType.DEFAULT;
  private int backlog = ListenerConfig.SYSTEM_BACKLOG;
  private SocketSettings sockets = SocketSettings.DEFAULT;
  private List<AccessLogConfig> accessLogs = List.of();
  private Optional<MatchTree<String>> chainMatcher = Optional.empty();
  private Map<String, StructValue.Fields> metadata = Map.of();

  ListenerConfigBuilder(String name, SocketEndpoint address) {
    this.name = name;
    this.address = address;
  }

  ListenerConfigBuilder(ListenerConfig from) {
    this(from.name(), from.address());
    statPrefix = from.statPrefix();
    filterChains = from.filterChains();
    defaultFilterChain = from.defaultFilterChain();
    bufferLimit = from.perConnectionBufferLimitBytes();
    listenerFilters = from.listenerFilters();
    listenerFiltersTimeout = from.listenerFiltersTimeout();
    continueOnTimeout = from.continueOnListenerFiltersTimeout();
    reusePort = from.reusePort();
    bindToPort = from.bindToPort();
    direction = from.trafficDirection();
    drainType = from.drainType();
    backlog = from.tcpBacklogSize();
    sockets = from.sockets();
    accessLogs = from.accessLogs();
    chainMatcher = from.chainMatcher();
    metadata = from.metadata();
  }

  /** Under another name. */
  public ListenerConfigBuilder name(String value) {
    this.name = value;
    return this;
  }

  public ListenerConfigBuilder address(SocketEndpoint value) {
    address = value;
    return this;
  }

  public ListenerConfigBuilder statPrefix(String value) {
    statPrefix = value;
    return this;
  }

  public ListenerConfigBuilder filterChains(List<FilterChainConfig> value) {
    filterChains = value;
    return this;
  }

  /** None or one. */
  public ListenerConfigBuilder defaultFilterChain(List<FilterChainConfig> value) {
    defaultFilterChain = value;
    return this;
  }

  public ListenerConfigBuilder perConnectionBufferLimitBytes(int value) {
    bufferLimit = value;
    return this;
  }

  public ListenerConfigBuilder listenerFilters(List<ExtensionConfig> value) {
    listenerFilters = value;
    return this;
  }

  /** Zero means for ever. */
  public ListenerConfigBuilder listenerFiltersTimeout(Duration value, boolean goOn) {
    listenerFiltersTimeout = value;
    continueOnTimeout = goOn;
    return this;
  }

  public ListenerConfigBuilder reusePort(boolean value) {
    reusePort = value;
    return this;
  }

  public ListenerConfigBuilder bindToPort(boolean value) {
    bindToPort = value;
    return this;
  }

  public ListenerConfigBuilder trafficDirection(TrafficDirection value) {
    direction = value;
    return this;
  }

  public ListenerConfigBuilder drainType(DrainType value) {
    drainType = value;
    return this;
  }

  public ListenerConfigBuilder tcpBacklogSize(int value) {
    backlog = value;
    return this;
  }

  public ListenerConfigBuilder sockets(SocketSettings value) {
    sockets = value;
    return this;
  }

  public ListenerConfigBuilder accessLogs(List<AccessLogConfig> value) {
    accessLogs = value;
    return this;
  }

  public ListenerConfigBuilder metadata(Map<String, StructValue.Fields> value) {
    metadata = value;
    return this;
  }

  public ListenerConfig build() {
    return new ListenerConfig(
        name,
        address,
        statPrefix,
        filterChains,
        defaultFilterChain,
        bufferLimit,
        listenerFilters,
        listenerFiltersTimeout,
        continueOnTimeout,
        reusePort,
        bindToPort,
        direction,
        drainType,
        backlog,
        sockets,
        accessLogs,
        chainMatcher,
        metadata);
  }
}
