package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How an endpoint is chosen ({@code envoy.config.cluster.v3.Cluster.lb_policy} with its
 * configuration, or the first known policy of {@code load_balancing_policy}).
 */
public sealed interface LbPolicy {

  /** In turn; by weight where weights differ. */
  record RoundRobin(LocalityLb locality, Optional<SlowStart> slowStart) implements LbPolicy {
    /** Without anything configured. */
    public static final RoundRobin ROUND_ROBIN =
        new RoundRobin(LocalityLb.ZoneAware.DEFAULT, Optional.empty());
  }

  /**
   * The least loaded.
   *
   * @param choiceCount drawn at random where weights are equal; at least 2, which is the default
   * @param activeRequestBias how much requests under way lower a weight; 1 by default
   * @param fullScan whether all are compared where weights are equal, and not only some drawn
   */
  record LeastRequest(
      int choiceCount,
      double activeRequestBias,
      boolean fullScan,
      LocalityLb locality,
      Optional<SlowStart> slowStart)
      implements LbPolicy {
    /** With this many choices, and otherwise Envoy's defaults. */
    public LeastRequest(int choiceCount) {
      this(choiceCount, 1, false, LocalityLb.ZoneAware.DEFAULT, Optional.empty());
    }
  }

  /** At random; weights do not count. */
  record Random(LocalityLb locality) implements LbPolicy {}

  /**
   * By the hash of the request on a ring (Ketama).
   *
   * @param minimumSize of the ring; 1,024 by default
   * @param maximumSize of the ring; 8 Mi by default, which is the most
   */
  record RingHash(
      long minimumSize,
      long maximumSize,
      HashFunction function,
      Hashing hashing,
      boolean localityWeighted)
      implements LbPolicy {}

  /**
   * By the hash of the request in a table (Maglev).
   *
   * @param tableSize a prime number up to 5,000,011; 65,537 by default
   */
  record Maglev(long tableSize, Hashing hashing, boolean localityWeighted) implements LbPolicy {}

  /** The first endpoint that is healthy. */
  record PickFirst(boolean shuffle) implements LbPolicy {}

  /** Among the endpoints whose metadata fit the route's, by another policy. */
  record Subset(
      Fallback fallback,
      StructValue.Fields defaultSubset,
      List<Selector> selectors,
      boolean localityWeightAware,
      boolean scaleLocalityWeight,
      boolean panicModeAny,
      boolean listAsAny,
      boolean metadataFallbackList,
      LbPolicy policy)
      implements LbPolicy {
    public Subset {
      selectors = List.copyOf(selectors);
    }
  }

  /** The endpoint that the request names, where it can be used; otherwise by another policy. */
  record OverrideHost(List<OverrideSource> sources, LbPolicy fallback) implements LbPolicy {
    public OverrideHost {
      sources = List.copyOf(sources);
    }
  }

  /**
   * In turn, by weights that endpoints report of themselves (ORCA).
   *
   * @param blackout how long a host's reports must have come before they count
   * @param expiration after how long without a report its weight is forgotten
   * @param updatePeriod how often weights are computed
   * @param errorPenalty how much the share of errors adds to utilisation; at least 0
   * @param metricNames named metrics that utilisation is taken from
   */
  record ClientSideWeighted(
      Duration blackout,
      Duration expiration,
      Duration updatePeriod,
      double errorPenalty,
      List<String> metricNames,
      LocalityLb locality,
      Optional<SlowStart> slowStart)
      implements LbPolicy {
    public ClientSideWeighted {
      metricNames = List.copyOf(metricNames);
    }
  }

  /**
   * The one of two drawn whose expected latency times requests under way is the least; our own
   * extension {@code heddle.load_balancing_policies.peak_ewma.v1.PeakEwma}.
   *
   * @param decay after which an observed latency counts 1/e
   * @param initialLatency assumed of a host that has not answered yet
   */
  record PeakEwma(Duration decay, Duration initialLatency, int choiceCount, LocalityLb locality)
      implements LbPolicy {}

  /** As the cluster itself chooses. */
  enum ClusterProvided implements LbPolicy {
    CLUSTER_PROVIDED
  }

  /** The hash that places hosts on a ring. */
  enum HashFunction {
    XX_HASH,
    MURMUR_HASH_2
  }

  /**
   * What both hashing policies know.
   *
   * @param useHostname whether hosts are placed by their names, not their addresses
   * @param balanceFactor a host's bound in percent of the mean load; 0 where loads are not bounded
   */
  record Hashing(boolean useHostname, int balanceFactor) {
    /** Envoy's defaults. */
    public static final Hashing DEFAULT = new Hashing(false, 0);
  }

  /** How localities share the load of a priority. */
  sealed interface LocalityLb {
    /** By their weights. */
    enum Weighted implements LocalityLb {
      WEIGHTED
    }

    /**
     * To the proxy's own zone, as far as that keeps hosts equally loaded; only where a local
     * cluster is known.
     *
     * @param routingEnabled percent of requests
     * @param forceLocalZoneMinimum healthy hosts in the own zone that suffice to keep all requests
     *     there; 0 where zones are never forced
     * @param byWeight whether localities are compared by the weights of their hosts, not their
     *     number
     */
    record ZoneAware(
        double routingEnabled,
        long minimumClusterSize,
        boolean failTrafficOnPanic,
        long forceLocalZoneMinimum,
        boolean byWeight)
        implements LocalityLb {
      /** Envoy's defaults. */
      public static final ZoneAware DEFAULT = new ZoneAware(100, 6, false, 0, false);
    }
  }

  /**
   * How a new host's share grows.
   *
   * @param window zero means no slow start
   * @param aggression 1 is linear
   * @param minimumWeightPercent 10 by default
   */
  record SlowStart(Duration window, double aggression, double minimumWeightPercent) {}

  /** What happens where no subset fits. */
  enum Fallback {
    NO_FALLBACK,
    ANY_ENDPOINT,
    DEFAULT_SUBSET,
    /** Of a selector only: the route's criteria, reduced to some keys, are looked at anew. */
    KEYS_SUBSET
  }

  /**
   * Metadata keys by whose values there are subsets.
   *
   * @param fallback empty where the cluster's counts
   */
  record Selector(
      Set<String> keys,
      boolean singleHostPerSubset,
      Optional<Fallback> fallback,
      Set<String> fallbackKeys) {
    public Selector {
      keys = java.util.Collections.unmodifiableSet(new TreeSet<>(keys));
      fallbackKeys = java.util.Collections.unmodifiableSet(new TreeSet<>(fallbackKeys));
    }
  }

  /** Where a request names its endpoint. */
  sealed interface OverrideSource {
    record Header(String name) implements OverrideSource {}

    /** Dynamic metadata of a filter, at this path. */
    record Metadata(String key, List<String> path) implements OverrideSource {
      public Metadata {
        path = List.copyOf(path);
      }
    }
  }
}
