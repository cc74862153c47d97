package io.heddle.proxy.api;

import java.time.Duration;
import java.util.List;

/**
 * How a {@link NameCache} works ({@code
 * envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig}).
 *
 * @param name of the cache; all who open one of the same name share it
 * @param refreshRate how long an answer without a time to live holds
 * @param minRefreshRate at least how long an answer with a time to live holds
 * @param hostTtl how long a name is kept that nobody asks for
 * @param maxHosts how many names there may be at once
 * @param maxPending how many requests may wait for answers at once
 * @param refreshFailed whether a name that could not be looked up is looked up again by itself
 * @param failureBase how long to wait after a failure at first; zero means the refresh rate
 * @param failureMost how long to wait after many failures
 * @param queryTimeout how long to wait for an answer; zero means for as long as it takes
 * @param preresolve {@code host:port} that are looked up at the start
 */
public record NameCacheSettings(
    String name,
    Family family,
    Duration refreshRate,
    Duration minRefreshRate,
    Duration hostTtl,
    int maxHosts,
    int maxPending,
    boolean refreshFailed,
    Duration failureBase,
    Duration failureMost,
    Duration queryTimeout,
    List<String> preresolve) {
  public NameCacheSettings {
    preresolve = List.copyOf(preresolve);
  }

  /** Which of a name's addresses are taken. */
  public enum Family {
    /** IPv6, and IPv4 only where there is none. */
    AUTO,
    V4_ONLY,
    V6_ONLY,
    /** IPv4, and IPv6 only where there is none. */
    V4_PREFERRED,
    ALL
  }
}
