package io.heddle.xds.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A TCP listener ({@code envoy.config.listener.v3.Listener}).
 *
 * @param filterChains the chains in configured order, no two of which match alike
 * @param defaultFilterChain the chain for connections that no other chain matches: none or one
 * @param perConnectionBufferLimitBytes high watermark of a connection's buffers; 1 MiB by default
 * @param listenerFilters run in order on the first bytes of a connection, before any other filter
 * @param listenerFiltersTimeout until all of them are done; 15 s by default, zero means for ever
 * @param continueOnListenerFiltersTimeout whether a connection goes on after that, and is not
 *     closed
 * @param bindToPort whether a socket is bound at all; otherwise connections are only handed over
 * @param sockets further addresses, and what else concerns the sockets
 * @param accessLogs written per connection, at its end
 * @param chainMatcher decides by name which chain serves, in the place of what chains say
 * @param metadata what it says of itself, by namespace
 */
public record ListenerConfig(
    String name,
    SocketEndpoint address,
    String statPrefix,
    List<FilterChainConfig> filterChains,
    List<FilterChainConfig> defaultFilterChain,
    int perConnectionBufferLimitBytes,
    List<ExtensionConfig> listenerFilters,
    Duration listenerFiltersTimeout,
    boolean continueOnListenerFiltersTimeout,
    boolean reusePort,
    boolean bindToPort,
    TrafficDirection trafficDirection,
    DrainType drainType,
    int tcpBacklogSize,
    SocketSettings sockets,
    List<AccessLogConfig> accessLogs,
    Optional<MatchTree<String>> chainMatcher,
    Map<String, StructValue.Fields> metadata) {

  /**
   * What concerns the sockets.
   *
   * @param additionalAddresses further ones to listen on
   * @param useOriginalDst whether connections are handed to the listener of their original
   *     destination, where there is one
   * @param pipeMode permissions of a unix socket; 0 leaves what the system gives
   */
  public record SocketSettings(
      List<SocketEndpoint> additionalAddresses, boolean useOriginalDst, int pipeMode) {
    /** One address, no redirection. */
    public static final SocketSettings DEFAULT = new SocketSettings(List.of(), false, 0);

    public SocketSettings {
      additionalAddresses = List.copyOf(additionalAddresses);
    }
  }

  /** Envoy's default high watermark of a connection's buffers. */
  public static final int DEFAULT_BUFFER_LIMIT_BYTES = 1024 * 1024;

  /** Envoy's default of {@code listener_filters_timeout}. */
  public static final Duration DEFAULT_LISTENER_FILTERS_TIMEOUT = Duration.ofSeconds(15);

  /** The backlog where none is configured: the system decides. */
  public static final int SYSTEM_BACKLOG = 0;

  /** Which way the traffic of a listener goes, seen from the proxied service. */
  public enum TrafficDirection {
    UNSPECIFIED,
    INBOUND,
    OUTBOUND
  }

  /** When connections of this listener are drained. */
  public enum DrainType {
    /** On changes, on hot restart, on failed health checks, and by the admin API. */
    DEFAULT,
    /** On changes of the listener only. */
    MODIFY_ONLY
  }

  public ListenerConfig {
    filterChains = List.copyOf(filterChains);
    defaultFilterChain = List.copyOf(defaultFilterChain);
    listenerFilters = List.copyOf(listenerFilters);
    accessLogs = List.copyOf(accessLogs);
    metadata = Map.copyOf(metadata);
  }

  /** A builder with the defaults of Envoy and nothing to serve with. */
  public static ListenerConfigBuilder builder(String name, SocketEndpoint address) {
    return new ListenerConfigBuilder(name, address);
  }

  /** A builder that begins with this. */
  public ListenerConfigBuilder toBuilder() {
    return new ListenerConfigBuilder(this);
  }

  /** All chains, the default one last. */
  public List<FilterChainConfig> allChains() {
    List<FilterChainConfig> all = new ArrayList<>(filterChains);
    all.addAll(defaultFilterChain);
    return all;
  }

  /** The secrets that must be there before this listener can serve, in order. */
  public List<SecretRef> secrets() {
    Set<SecretRef> all = new LinkedHashSet<>();
    for (FilterChainConfig chain : allChains()) {
      all.addAll(chain.transport().secrets());
    }
    return List.copyOf(all);
  }

  /** The filters whose configuration is fetched, by the kind of filter they are, in order. */
  public Map<ExtensionKind, List<ExtensionConfig>> discovered() {
    Map<ExtensionKind, List<ExtensionConfig>> found = new EnumMap<>(ExtensionKind.class);
    addDiscovered(ExtensionKind.LISTENER_FILTER, listenerFilters, found);
    for (FilterChainConfig chain : allChains()) {
      for (NetworkFilterConfig filter : chain.filters()) {
        switch (filter) {
          case HttpConnectionManagerConfig http -> {
            addDiscovered(ExtensionKind.HTTP_FILTER, http.httpFilters(), found);
            for (HttpConnectionManagerConfig.Upgrade upgrade : http.upgrades().all()) {
              addDiscovered(ExtensionKind.HTTP_FILTER, upgrade.filters(), found);
            }
          }
          case ExtensionConfig network ->
              addDiscovered(ExtensionKind.NETWORK_FILTER, List.of(network), found);
          case TcpProxyConfig _ -> {}
        }
      }
    }
    return found;
  }

  private static void addDiscovered(
      ExtensionKind kind,
      List<ExtensionConfig> extensions,
      Map<ExtensionKind, List<ExtensionConfig>> found) {
    for (ExtensionConfig extension : extensions) {
      if (extension.discovery().isPresent()) {
        found.computeIfAbsent(kind, _ -> new ArrayList<>()).add(extension);
      }
    }
  }

  /** The names that must be fetched by RDS before this listener can serve, in order. */
  public Set<String> routeConfigNames() {
    Set<String> names = new LinkedHashSet<>();
    addNames(filterChains, names);
    addNames(defaultFilterChain, names);
    return Set.copyOf(names);
  }

  /** Where the routes that this listener names come from. */
  public Set<SourceConfig.Origin> routeOrigins() {
    Set<SourceConfig.Origin> origins = new LinkedHashSet<>();
    addOrigins(filterChains, origins);
    addOrigins(defaultFilterChain, origins);
    return origins;
  }

  /** Where all that this listener names comes from. */
  public Set<SourceConfig.Origin> origins() {
    Set<SourceConfig.Origin> origins = new LinkedHashSet<>(routeOrigins());
    secrets().forEach(secret -> secret.source().ifPresent(from -> origins.add(from.origin())));
    discovered()
        .values()
        .forEach(all ->
            all.forEach(one -> origins.add(one.discovery().orElseThrow().source().origin())));
    return origins;
  }

  private static void addOrigins(List<FilterChainConfig> chains, Set<SourceConfig.Origin> origins) {
    for (FilterChainConfig chain : chains) {
      for (NetworkFilterConfig filter : chain.filters()) {
        if (filter instanceof HttpConnectionManagerConfig http) {
          switch (http.routes()) {
            case RouteSource.Rds rds -> origins.add(rds.origin());
            case RouteSource.Scoped scoped -> {
              if (scoped.scopes() instanceof RouteSource.Scopes.Srds srds) {
                origins.add(srds.origin());
                origins.add(scoped.rdsOrigin());
              }
              if (scoped.scopes() instanceof RouteSource.Scopes.Inline inline
                  && inline.scopes().stream()
                      .anyMatch(scope -> scope.routes() instanceof ScopedRoute.Routes.Named)) {
                origins.add(scoped.rdsOrigin());
              }
            }
            case RouteSource.Inline _ -> {}
          }
        }
      }
    }
  }

  private static void addNames(List<FilterChainConfig> chains, Set<String> names) {
    for (FilterChainConfig chain : chains) {
      for (NetworkFilterConfig filter : chain.filters()) {
        if (filter instanceof HttpConnectionManagerConfig http) {
          addNames(http.routes(), names);
        }
      }
    }
  }

  private static void addNames(RouteSource routes, Set<String> names) {
    switch (routes) {
      case RouteSource.Rds rds -> names.add(rds.routeConfigName());
      case RouteSource.Scoped scoped -> {
        if (scoped.scopes() instanceof RouteSource.Scopes.Inline inline) {
          for (ScopedRoute scope : inline.scopes()) {
            if (scope.routes() instanceof ScopedRoute.Routes.Named named) {
              names.add(named.routeConfigName());
            }
          }
        }
      }
      case RouteSource.Inline _ -> {}
    }
  }
}
