package io.heddle.xds.model;

import java.util.Map;

/**
 * One route ({@code envoy.config.route.v3.Route}).
 *
 * @param name empty where none is given
 * @param statPrefix under which its requests are counted by themselves; empty for not at all
 * @param metadata what it says of itself, by namespace
 */
public record RouteConfig(
    String name,
    RouteMatch match,
    RouteAction action,
    HeaderMutations requestHeaders,
    HeaderMutations responseHeaders,
    Map<String, ExtensionConfig> filterConfigs,
    String statPrefix,
    Map<String, StructValue.Fields> metadata) {
  public RouteConfig {
    filterConfigs = Map.copyOf(filterConfigs);
    metadata = Map.copyOf(metadata);
  }

  /** Without statistics or metadata of its own. */
  public RouteConfig(
      String name,
      RouteMatch match,
      RouteAction action,
      HeaderMutations requestHeaders,
      HeaderMutations responseHeaders,
      Map<String, ExtensionConfig> filterConfigs) {
    this(name, match, action, requestHeaders, responseHeaders, filterConfigs, "", Map.of());
  }
}
