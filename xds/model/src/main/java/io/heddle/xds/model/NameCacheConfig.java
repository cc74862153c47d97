package io.heddle.xds.model;

import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import java.time.Duration;
import java.util.List;

/**
 * A cache of names that clients bring ({@code
 * envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig}).
 *
 * @param name all who use a cache of one name share it
 * @param refreshRate how long an answer holds whose own time is not known; 60 s by default
 * @param minRefreshRate at least how long an answer holds; 5 s by default
 * @param hostTtl how long a name is kept that nobody uses; 5 min by default
 * @param limits how much it holds
 * @param failures what happens after a look-up that failed
 * @param queryTimeout 5 s by default; zero means none
 * @param preresolve {@code host:port} that are looked up at the start
 */
public record NameCacheConfig(
    String name,
    DnsLookupFamily family,
    Duration refreshRate,
    Duration minRefreshRate,
    Duration hostTtl,
    Limits limits,
    Failures failures,
    Duration queryTimeout,
    List<String> preresolve) {
  public NameCacheConfig {
    preresolve = List.copyOf(preresolve);
  }

  /**
   * How much a cache holds.
   *
   * @param maxHosts names; 1,024 by default
   * @param maxPending requests that wait; 1,024 by default
   */
  public record Limits(int maxHosts, int maxPending) {}

  /**
   * What happens after a failure.
   *
   * @param refresh whether the name is looked up again by itself
   * @param base how long to wait at first; zero means the refresh rate
   * @param most how long to wait after many failures
   */
  public record Failures(boolean refresh, Duration base, Duration most) {}
}
