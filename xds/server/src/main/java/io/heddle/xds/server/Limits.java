package io.heddle.xds.server;

import java.time.Duration;

/**
 * Bounds of what clients may cost.
 *
 * @param maxNamesPerStream names that one stream may be subscribed to, over all types; beyond, the
 *     stream ends with RESOURCE_EXHAUSTED
 * @param maxNameLength characters in a resource name; beyond, INVALID_ARGUMENT
 * @param maxRequestBytes encoded size of a request; beyond, RESOURCE_EXHAUSTED
 * @param maxMetadataEntries string entries in a node's metadata; beyond, INVALID_ARGUMENT
 * @param maxNodeChars characters in a node's id, cluster, user agent, locality and metadata
 *     together; beyond, INVALID_ARGUMENT
 * @param maxCulpritsPerChange how many culprits are searched for after one change; then the rest of
 *     the refused content waits for the next change
 * @param maxAbsentNodes nodes whose rejections are remembered while they are away, for each shard
 * @param absence how long they are remembered
 * @param orderingWait how long a route waits for its clusters, and a removal for what names it,
 *     when the client does not answer
 * @param reports bounds of what is answered and kept beside the resources
 */
public record Limits(
    int maxNamesPerStream,
    int maxNameLength,
    int maxRequestBytes,
    int maxMetadataEntries,
    int maxNodeChars,
    int maxCulpritsPerChange,
    int maxAbsentNodes,
    Duration absence,
    Duration orderingWait,
    Reports reports) {

  /**
   * Bounds of status and load reports.
   *
   * @param maxStatusBytes about so much of the proxies' status is given in one answer; beyond,
   *     RESOURCE_EXHAUSTED
   * @param maxLoads clusters and localities whose load is kept, over all proxies
   * @param maxLoadsPerStream those of one proxy
   * @param loadInterval how often proxies report
   * @param loadRetention how long a load is kept that no connected proxy reports any more
   */
  public record Reports(
      int maxStatusBytes,
      int maxLoads,
      int maxLoadsPerStream,
      Duration loadInterval,
      Duration loadRetention) {
    /** Refuses bounds that would refuse everything. */
    public Reports {
      positive("maxStatusBytes", maxStatusBytes);
      positive("maxLoads", maxLoads);
      positive("maxLoadsPerStream", maxLoadsPerStream);
      if (loadInterval.toSeconds() < 1) {
        throw new IllegalArgumentException("loadInterval: " + loadInterval + " (expected: >= 1 s)");
      }
      if (loadRetention.isNegative()) {
        throw new IllegalArgumentException("loadRetention: " + loadRetention + " (expected: >= 0)");
      }
    }

    /** 16 MiB; 50,000 loads, 5,000 a proxy, every 10 s, kept for 10 minutes. */
    public static Reports defaults() {
      return new Reports(16 << 20, 50_000, 5_000, Duration.ofSeconds(10), Duration.ofMinutes(10));
    }
  }

  /** With the default bounds of reports. */
  public Limits(
      int maxNamesPerStream,
      int maxNameLength,
      int maxRequestBytes,
      int maxMetadataEntries,
      int maxNodeChars,
      int maxCulpritsPerChange,
      int maxAbsentNodes,
      Duration absence,
      Duration orderingWait) {
    this(
        maxNamesPerStream,
        maxNameLength,
        maxRequestBytes,
        maxMetadataEntries,
        maxNodeChars,
        maxCulpritsPerChange,
        maxAbsentNodes,
        absence,
        orderingWait,
        Reports.defaults());
  }

  /** Refuses bounds that would refuse everything. */
  public Limits {
    positive("maxNamesPerStream", maxNamesPerStream);
    positive("maxNameLength", maxNameLength);
    positive("maxRequestBytes", maxRequestBytes);
    positive("maxMetadataEntries", maxMetadataEntries);
    positive("maxNodeChars", maxNodeChars);
    positive("maxCulpritsPerChange", maxCulpritsPerChange);
    positive("maxAbsentNodes", maxAbsentNodes);
    if (absence.isNegative()) {
      throw new IllegalArgumentException("absence: " + absence + " (expected: >= 0)");
    }
    if (orderingWait.isNegative()) {
      throw new IllegalArgumentException("orderingWait: " + orderingWait + " (expected: >= 0)");
    }
  }

  /**
   * 50,000 names of at most 1,024 characters, requests of 8 MiB, 256 metadata entries, 64 Ki
   * characters a node, 16 culprits a change, 4,096 absent nodes for 30 s, 5 s.
   */
  public static Limits defaults() {
    return new Limits(
        50_000,
        1_024,
        8 << 20,
        256,
        64 << 10,
        16,
        4_096,
        Duration.ofSeconds(30),
        Duration.ofSeconds(5));
  }

  private static void positive(String field, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(field + ": " + value + " (expected: > 0)");
    }
  }
}
