package io.heddle.xds.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Routes for some hosts ({@code envoy.config.route.v3.VirtualHost}).
 *
 * @param domains exact ({@code a.b}), suffix ({@code *.b}), prefix ({@code a.*}) or {@code *};
 *     lower case; unique within the table
 * @param routes in order: the first that matches is taken; with a matcher those of all its actions
 * @param mirrors for the routes that have none; empty leaves the table's
 * @param matcher decides which of the routes are tried
 * @param virtualClusters kinds of requests that are counted by themselves, in order
 * @param attemptCounts who is told of attempts
 * @param metadata what it says of itself, by namespace
 * @param retry of the routes that have none
 */
public record VirtualHostConfig(
    String name,
    List<String> domains,
    List<RouteConfig> routes,
    HeaderMutations requestHeaders,
    HeaderMutations responseHeaders,
    Map<String, ExtensionConfig> filterConfigs,
    TlsRequirement requireTls,
    List<MirrorPolicy> mirrors,
    List<VirtualClusterConfig> virtualClusters,
    Optional<MatchTree<RouteSpan>> matcher,
    AttemptCounts attemptCounts,
    Map<String, StructValue.Fields> metadata,
    Optional<RetryPolicy> retry,
    RateLimits rateLimits) {
  public VirtualHostConfig {
    domains = List.copyOf(domains);
    routes = List.copyOf(routes);
    filterConfigs = Map.copyOf(filterConfigs);
    mirrors = List.copyOf(mirrors);
    virtualClusters = List.copyOf(virtualClusters);
    metadata = Map.copyOf(metadata);
  }

  /** A virtual host for HTTP and HTTPS that mirrors nothing. */
  public VirtualHostConfig(
      String name,
      List<String> domains,
      List<RouteConfig> routes,
      HeaderMutations requestHeaders,
      HeaderMutations responseHeaders,
      Map<String, ExtensionConfig> filterConfigs) {
    this(
        name,
        domains,
        routes,
        requestHeaders,
        responseHeaders,
        filterConfigs,
        TlsRequirement.NONE,
        List.of(),
        List.of(),
        Optional.empty(),
        AttemptCounts.NONE,
        Map.of(),
        Optional.empty(),
        RateLimits.NONE);
  }

  /** Some routes of a virtual host, from one index to before another. */
  public record RouteSpan(int from, int to) {}

  /** Whose requests by clear HTTP are sent to HTTPS. */
  public enum TlsRequirement {
    NONE,
    /** Those of clients outside. */
    EXTERNAL_ONLY,
    ALL
  }
}
