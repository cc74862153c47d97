package io.heddle.xds.client;

/** The two variants of the aggregated protocol. */
public enum XdsVariant {
  /** {@code StreamAggregatedResources}. */
  STATE_OF_THE_WORLD,
  /** {@code DeltaAggregatedResources}. */
  DELTA
}
