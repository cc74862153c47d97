package io.heddle.xds.model;

/** What a decision before a filter says of it. */
public sealed interface FilterAction {
  /** The filter does not see the exchange ({@code SkipFilter}). */
  enum Skip implements FilterAction {
    SKIP
  }

  /**
   * The composite filter is this one ({@code ExecuteFilterAction}).
   *
   * @param index in {@link MatchedFilterConfig#executed}
   */
  record Execute(int index) implements FilterAction {}
}
