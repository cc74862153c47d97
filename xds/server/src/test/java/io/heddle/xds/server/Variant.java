package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;

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

  /** Whether the variant has the type: virtual hosts are incremental only. */
  boolean speaks(ResourceType type) {
    return delta || type != ResourceType.VIRTUAL_HOSTS;
  }
}
