package io.heddle.xds.model;

import java.util.List;

/**
 * The network filters that a connection passes ({@code envoy.config.listener.v3.FilterChain}).
 *
 * @param name empty where the configuration gives none
 * @param filters in order; the last one is terminal
 */
public record FilterChainConfig(String name, List<NetworkFilterConfig> filters) {
  public FilterChainConfig {
    filters = List.copyOf(filters);
  }
}
