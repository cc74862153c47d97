package io.heddle.xds.model;

import java.util.Map;

/**
 * What a route says of switching protocols ({@code upgrade_configs} of {@code
 * envoy.config.route.v3.RouteAction}), in the place of its connection manager.
 *
 * @param enabled by name in lower case, {@code connect} among them; a name that is not here is the
 *     connection manager's affair
 * @param terminateConnect whether what a CONNECT carries goes to the endpoint as plain TCP ({@code
 *     connect_config})
 * @param terminatePost whether the body of a POST does, too ({@code allow_post})
 */
public record RouteUpgrades(
    Map<String, Boolean> enabled, boolean terminateConnect, boolean terminatePost) {
  /** The connection manager decides. */
  public static final RouteUpgrades NONE = new RouteUpgrades(Map.of(), false, false);

  public RouteUpgrades {
    enabled = Map.copyOf(enabled);
  }
}
