package io.heddle.xds.client;

import java.time.Duration;

/**
 * What a control plane may ask of this process. Each bound is there so that a stuck or hostile one
 * costs a bounded amount of memory and processor time.
 *
 * @param maxMessageBytes the largest message; a larger one ends the stream
 * @param maxResourcesPerResponse a response with more is refused whole
 * @param maxHeldBytes encoded bytes of all accepted resources; what would exceed it is refused
 * @param maxResponsesPerSecond what comes faster is read later
 * @param connectTimeout for the TCP connection
 * @param readyTimeout for the stream to stand, counted from the attempt's start
 */
public record ClientLimits(
    int maxMessageBytes,
    int maxResourcesPerResponse,
    long maxHeldBytes,
    int maxResponsesPerSecond,
    Duration connectTimeout,
    Duration readyTimeout) {
  public static final ClientLimits DEFAULT =
      new ClientLimits(
          64 << 20, 100_000, 256L << 20, 2_000, Duration.ofSeconds(2), Duration.ofSeconds(4));
}
