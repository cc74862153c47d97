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
   * @param choice what decides
   * @param runtimeKeyPrefix runtime may override a weight under this, a dot and the cluster's name;
   *     empty for none
   */
  record Weighted(
      List<WeightedCluster> clusters, long totalWeight, Choice choice, String runtimeKeyPrefix)
      implements ClusterTarget {
    public Weighted {
      clusters = List.copyOf(clusters);
    }

    /** Chance decides. */
    public Weighted(List<WeightedCluster> clusters, long totalWeight) {
      this(clusters, totalWeight, Choice.Chance.CHANCE, "");
    }
  }

  /** What decides between weighted clusters. */
  sealed interface Choice {
    enum Chance implements Choice {
      CHANCE
    }

    enum Hash implements Choice {
      /** The hash of the route's hash policies; chance where there is none. */
      HASH
    }

    /** A whole number in a request header; chance where it has none. */
    record Header(String name) implements Choice {}
  }

  /** The one that a request header names. */
  record FromHeader(String header) implements ClusterTarget {}

  /**
   * A cluster, its share, and what holds for the requests sent to it.
   *
   * @param cluster empty where {@code clusterHeader} names it
   * @param hostRewrite overrides the route's; empty leaves it
   * @param clusterHeader the request header that names the cluster; empty for none
   * @param metadataMatch has the last word over the route's
   */
  record WeightedCluster(
      String cluster,
      long weight,
      HeaderMutations requestHeaders,
      HeaderMutations responseHeaders,
      String hostRewrite,
      Map<String, ExtensionConfig> filterConfigs,
      String clusterHeader,
      StructValue.Fields metadataMatch) {
    public WeightedCluster {
      filterConfigs = Map.copyOf(filterConfigs);
    }

    /** A cluster of this name. */
    public WeightedCluster(
        String cluster,
        long weight,
        HeaderMutations requestHeaders,
        HeaderMutations responseHeaders,
        String hostRewrite,
        Map<String, ExtensionConfig> filterConfigs) {
      this(
          cluster,
          weight,
          requestHeaders,
          responseHeaders,
          hostRewrite,
          filterConfigs,
          "",
          StructValue.EMPTY);
    }
  }
}
