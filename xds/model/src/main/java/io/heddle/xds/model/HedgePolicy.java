package io.heddle.xds.model;

import java.time.Duration;
import java.util.Optional;

/**
 * When a request is sent to several hosts at once, of whose answers the first good one counts
 * ({@code envoy.config.route.v3.HedgePolicy}).
 *
 * @param initialRequests at the beginning, at least 1
 * @param additionalChance of one more
 * @param onPerTryTimeout whether an attempt that takes too long goes on beside the next
 * @param after when to send one more to another host; ours
 */
public record HedgePolicy(
    int initialRequests,
    Fraction additionalChance,
    boolean onPerTryTimeout,
    Optional<AfterPercentile> after) {
  /** One at a time. */
  public static final HedgePolicy NONE =
      new HedgePolicy(1, new Fraction(0, 100), false, Optional.empty());

  /** Whether requests may be sent more than once at a time without being asked to. */
  public boolean any() {
    return !equals(NONE);
  }

  /**
   * Once a request takes longer than so many of those before it.
   *
   * @param share of the requests of the route, 0.5 to below 1
   * @param least time that is waited
   * @param most time that is waited
   * @param samples that must have been seen
   */
  public record AfterPercentile(double share, Duration least, Duration most, int samples) {}
}
