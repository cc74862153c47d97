package io.heddle.xds.model;

import java.util.Map;

/**
 * One route ({@code envoy.config.route.v3.Route}).
 *
 * @param name empty where none is given
 */
public record RouteConfig(
    String name,
    RouteMatch match,
    RouteAction action,
    HeaderMutations requestHeaders,
    HeaderMutations responseHeaders,
    Map<String, ExtensionConfig> filterConfigs) {
  public RouteConfig {
    filterConfigs = Map.copyOf(filterConfigs);
  }
}
