package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The network filters that a connection passes ({@code envoy.config.listener.v3.FilterChain}).
 *
 * @param name empty where the configuration gives none
 * @param filters in order; the last one is terminal
 * @param match the connections that it is for
 * @param transport what carries the bytes
 * @param transportTimeout until the transport stands, for example TLS; zero means for ever
 * @param metadata what it says of itself, by namespace
 */
public record FilterChainConfig(
    String name,
    List<NetworkFilterConfig> filters,
    ChainMatch match,
    DownstreamTransport transport,
    Duration transportTimeout,
    Map<String, StructValue.Fields> metadata) {

  /**
   * How long a transport may take where nothing is configured. Envoy waits for ever, which lets
   * clients that never finish a handshake hold connections.
   */
  public static final Duration DEFAULT_TRANSPORT_TIMEOUT = Duration.ofSeconds(15);

  public FilterChainConfig {
    filters = List.copyOf(filters);
    metadata = Map.copyOf(metadata);
  }

  /** For every connection, in clear text. */
  public static FilterChainConfig of(String name, List<NetworkFilterConfig> filters) {
    return new FilterChainConfig(
        name,
        filters,
        ChainMatch.ANY,
        DownstreamTransport.Raw.RAW,
        DEFAULT_TRANSPORT_TIMEOUT,
        Map.of());
  }
}
