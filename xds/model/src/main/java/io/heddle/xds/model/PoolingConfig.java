package io.heddle.xds.model;

import java.time.Duration;

/**
 * How a cluster keeps connections beyond what its requests need now.
 *
 * @param maxConnectionDuration after which a connection gets no further request ({@code
 *     common_http_protocol_options.max_connection_duration}); zero means none
 * @param preconnectRatio how many streams are expected for each that there is ({@code
 *     preconnect_policy.per_upstream_preconnect_ratio}): 1 to 3, and 1 makes no connection ahead
 */
public record PoolingConfig(Duration maxConnectionDuration, double preconnectRatio) {
  /** Connections as they are needed, of any age. */
  public static final PoolingConfig DEFAULT = new PoolingConfig(Duration.ZERO, 1);
}
