package io.heddle.xds.model;

import java.util.List;
import java.util.Optional;

/**
 * What few routes ask for when they send requests to a cluster.
 *
 * @param metadataMatch what the endpoints' {@code envoy.lb} metadata must be
 * @param appendForwardedHost whether a host that is replaced goes to {@code x-forwarded-host}
 * @param mirrors empty leaves the virtual host's or the table's
 * @param retry empty leaves the virtual host's
 * @param hedge when a request goes to several hosts; the virtual host's where the route has none
 * @param deadlines what becomes of the time that clients give
 */
public record ForwardOptions(
    List<HashPolicy> hashPolicies,
    StructValue.Fields metadataMatch,
    boolean appendForwardedHost,
    List<MirrorPolicy> mirrors,
    InternalRedirects internalRedirects,
    RouteUpgrades upgrades,
    Optional<RetryPolicy> retry,
    RateLimits rateLimits,
    RouteDeadlines deadlines,
    HedgePolicy hedge) {
  /** Asks for nothing. */
  public static final ForwardOptions NONE =
      new ForwardOptions(
          List.of(),
          StructValue.EMPTY,
          false,
          List.of(),
          InternalRedirects.None.NONE,
          RouteUpgrades.NONE,
          Optional.empty(),
          RateLimits.NONE,
          RouteDeadlines.NONE,
          HedgePolicy.NONE);

  public ForwardOptions {
    hashPolicies = List.copyOf(hashPolicies);
    mirrors = List.copyOf(mirrors);
  }
}
