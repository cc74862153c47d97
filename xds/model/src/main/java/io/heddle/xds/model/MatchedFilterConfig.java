package io.heddle.xds.model;

import java.util.List;
import java.util.Optional;

/**
 * A filter behind a decision ({@code envoy.extensions.common.matching.v3.ExtensionWithMatcher}), or
 * what a route decides in its place ({@code ExtensionWithMatcherPerRoute}).
 *
 * @param filter empty on a route
 * @param executed the filters that the composite filter may be
 * @param tree what decides; where it leads nowhere the filter runs
 */
public record MatchedFilterConfig(
    Optional<ExtensionConfig> filter, List<Executed> executed, MatchTree<FilterAction> tree) {
  public MatchedFilterConfig {
    executed = List.copyOf(executed);
  }

  /**
   * What the composite filter may be.
   *
   * @param share of the requests for which it is; the others have no filter
   * @param runtimeKey by which operators change the share; empty for none
   * @param at where it stands in the message, for what its factory refuses
   */
  public record Executed(ExtensionConfig filter, Fraction share, String runtimeKey, String at) {}
}
