package io.heddle.xds.model;

import java.util.Optional;

/**
 * What makes endpoints of a cluster unhealthy, beside what the control plane says of them.
 *
 * @param outliers by what they answer
 * @param check by what they answer when they are asked
 * @param forgetAtOnce whether an endpoint that is not listed any more is forgotten although its
 *     checks succeed ({@code ignore_health_on_host_removal})
 * @param newAreLeftOut whether an endpoint does not count, for better or worse, before its first
 *     check ({@code ignore_new_hosts_until_first_hc})
 */
public record HealthConfig(
    Optional<OutlierDetection> outliers,
    Optional<HealthCheck> check,
    boolean forgetAtOnce,
    boolean newAreLeftOut) {
  /** Nothing does. */
  public static final HealthConfig NONE =
      new HealthConfig(Optional.empty(), Optional.empty(), false, false);
}
