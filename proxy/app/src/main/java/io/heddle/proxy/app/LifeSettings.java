package io.heddle.proxy.app;

import io.heddle.proxy.engine.DrainPlan;
import io.heddle.proxy.engine.overload.ConnectionLimits;
import java.time.Duration;

/**
 * How long what is old may live beside what is new.
 *
 * @param listenerDrain how long connections of a changed or removed listener are brought to their
 *     end ({@code --drain-time-s})
 * @param strategy what their responses say meanwhile ({@code --drain-strategy})
 * @param tunnelGrace how much longer TCP and upgraded connections live ({@code --tunnel-grace-s})
 * @param parentShutdown when the process before an upgrade is gone at the latest ({@code
 *     --parent-shutdown-time-s})
 * @param upgrade whom this process replaces
 * @param limits how many connections may be open where the runtime does not say
 * @param logFlush how long a line of an access log may lie in memory ({@code
 *     --file-flush-interval-msec})
 */
public record LifeSettings(
    Duration listenerDrain,
    DrainPlan.Strategy strategy,
    Duration tunnelGrace,
    Duration parentShutdown,
    UpgradeSettings upgrade,
    ConnectionLimits limits,
    Duration logFlush) {
  /** Envoy's drain time and parent shutdown time, in seconds. */
  static final int ENVOY_DRAIN_SECONDS = 600;

  static final int ENVOY_SHUTDOWN_SECONDS = 900;

  /** How long a line of an access log lies in memory where nothing is said. */
  static final Duration LOG_FLUSH = Duration.ofSeconds(1);

  /** A minute of drain, which proxies of the mesh have: their control plane changes much. */
  public static final LifeSettings MESH =
      new LifeSettings(
          Duration.ofSeconds(60),
          DrainPlan.Strategy.GRADUAL,
          Duration.ofSeconds(60),
          Duration.ofSeconds(180),
          UpgradeSettings.ALONE,
          ConnectionLimits.SAFE,
          LOG_FLUSH);

  /** With another place in the row of processes. */
  LifeSettings with(UpgradeSettings value) {
    return new LifeSettings(
        listenerDrain, strategy, tunnelGrace, parentShutdown, value, limits, logFlush);
  }

  /** For connections of a changed or removed listener. */
  DrainPlan changes() {
    return DrainPlan.over(listenerDrain)
        .strategy(strategy)
        .graces(Duration.ofNanos(listenerDrain.toNanos() / 2), tunnelGrace);
  }

  /** For a process that ends; at its end everything is cut off. */
  DrainPlan shutdown(Duration over) {
    return DrainPlan.over(over).strategy(strategy);
  }
}
