package io.heddle.xds.model;

import java.util.List;

/**
 * Gives one scope its routes ({@code envoy.config.route.v3.ScopedRouteConfiguration}).
 *
 * @param name unique among the scopes of a connection manager
 * @param key what the manager's {@link ScopeKeyBuilder} must find in a request, fragment by
 *     fragment
 */
public record ScopedRoute(String name, List<String> key, Routes routes) {
  public ScopedRoute {
    key = List.copyOf(key);
  }

  /** Where a scope has its routes from. */
  public sealed interface Routes {
    /** The table of this name, by RDS. */
    record Named(String routeConfigName) implements Routes {}

    /** Written within the scope. */
    record Inline(RouteTable table) implements Routes {}
  }
}
