package io.heddle.control.app;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How a control plane runs.
 *
 * @param state the folder of store and registry
 * @param apiAddress of the REST API; port 0 takes a free one
 * @param xdsAddress of xDS and registration; port 0 takes a free one
 * @param heartbeat how often a sidecar renews its lease, 100 ms to 5 min
 * @param leaseGrace how long an instance stays after its stream broke, 100 ms to 1 h
 */
public record ControlConfig(
    Path state,
    InetSocketAddress apiAddress,
    InetSocketAddress xdsAddress,
    Duration heartbeat,
    Duration leaseGrace) {
  /** Refuses times that no sidecar can keep. */
  public ControlConfig {
    check("--heartbeat", heartbeat, Duration.ofMinutes(5));
    check("--lease-grace", leaseGrace, Duration.ofHours(1));
  }

  private static void check(String option, Duration value, Duration most) {
    if (value.compareTo(Duration.ofMillis(100)) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          option + ": " + value.toMillis() + "ms (expected: 100ms to " + most.toSeconds() + "s)");
    }
  }

  /** Whether both listeners are out of reach of other machines. */
  boolean loopbackOnly() {
    return apiAddress.getAddress().isLoopbackAddress()
        && xdsAddress.getAddress().isLoopbackAddress();
  }
}
