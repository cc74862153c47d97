package io.heddle.proxy.engine.overload;

import io.heddle.xds.model.OverloadConfig;
import io.heddle.xds.model.OverloadConfig.Monitor;

/**
 * How many downstream connections may be open where the runtime says nothing else ({@code
 * envoy.resource_limits.listener.NAME.connection_limit}, {@code
 * overload.global_downstream_max_connections}).
 *
 * @param listener of one listener
 * @param all of the process
 */
public record ConnectionLimits(long listener, long all) {
  /** As Envoy's: no limit. */
  public static final ConnectionLimits NONE = new ConnectionLimits(Long.MAX_VALUE, Long.MAX_VALUE);

  /** What proxies of the mesh have. */
  public static final ConnectionLimits SAFE = new ConnectionLimits(10_000, 50_000);

  /** With the limit of a monitor of connections, where there is one. */
  public ConnectionLimits with(OverloadConfig config) {
    for (Monitor monitor : config.monitors()) {
      if (monitor instanceof Monitor.DownstreamConnections connections) {
        return new ConnectionLimits(listener, connections.most());
      }
    }
    return this;
  }

  public ConnectionLimits {
    if (listener < 0 || all < 0) {
      throw new IllegalArgumentException("limits: " + listener + ", " + all + " (expected: >= 0)");
    }
  }
}
