package io.heddle.xds.model;

import java.util.List;
import java.util.Map;

/** Which cluster a route sends a request to. */
public sealed interface ClusterTarget {

  record Single(String cluster) implements ClusterTarget {}

  /**
   * One of several by weight.
   *
   * @param totalWeight the sum of the weights, at least 1
   */
  record Weighted(List<WeightedCluster> clusters, long totalWeight) implements ClusterTarget {
    public Weighted {
      clusters = List.copyOf(clusters);
    }
  }

  /** The one that a request header names. */
  record FromHeader(String header) implements ClusterTarget {}

  /**
   * A cluster, its share, and what holds for the requests sent to it.
   *
   * @param hostRewrite overrides the route's; empty leaves it
   */
  record WeightedCluster(
      String cluster,
      long weight,
      HeaderMutations requestHeaders,
      HeaderMutations responseHeaders,
      String hostRewrite,
      Map<String, ExtensionConfig> filterConfigs) {
    public WeightedCluster {
      filterConfigs = Map.copyOf(filterConfigs);
    }
  }
}
