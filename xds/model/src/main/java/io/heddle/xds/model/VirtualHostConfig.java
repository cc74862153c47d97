package io.heddle.xds.model;

import java.util.List;
import java.util.Map;

/**
 * Routes for some hosts ({@code envoy.config.route.v3.VirtualHost}).
 *
 * @param domains exact ({@code a.b}), suffix ({@code *.b}), prefix ({@code a.*}) or {@code *};
 *     lower case; unique within the table
 * @param routes in order: the first that matches is taken
 */
public record VirtualHostConfig(
    String name,
    List<String> domains,
    List<RouteConfig> routes,
    HeaderMutations requestHeaders,
    HeaderMutations responseHeaders,
    Map<String, ExtensionConfig> filterConfigs) {
  public VirtualHostConfig {
    domains = List.copyOf(domains);
    routes = List.copyOf(routes);
    filterConfigs = Map.copyOf(filterConfigs);
  }
}
