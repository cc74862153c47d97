package io.heddle.xds.server;

/** The four ways to speak xDS. */
enum Variant {
  SOTW_ADS(false, true),
  SOTW_PER_TYPE(false, false),
  DELTA_ADS(true, true),
  DELTA_PER_TYPE(true, false);

  private final boolean delta;
  private final boolean aggregated;

  Variant(boolean delta, boolean aggregated) {
    this.delta = delta;
    this.aggregated = aggregated;
  }

  boolean delta() {
    return delta;
  }

  boolean aggregated() {
    return aggregated;
  }
}
