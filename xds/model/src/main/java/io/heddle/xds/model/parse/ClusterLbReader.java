package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.LbPolicy.HashFunction;
import io.heddle.xds.model.LbPolicy.Hashing;
import io.heddle.xds.model.LbPolicy.LocalityLb;
import io.heddle.xds.model.LbPolicy.SlowStart;
import java.util.Optional;

/** Reads how a cluster balances: {@code load_balancing_policy}, or the older {@code lb_policy}. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class ClusterLbReader {
  private final Findings findings;
  private final LbSettingsReader settings;
  private final Cluster cluster;
  private final Path path;

  ClusterLbReader(Findings findings, Cluster cluster, Path path) {
    this.findings = findings;
    this.settings = new LbSettingsReader(findings);
    this.cluster = cluster;
    this.path = path;
  }

  /** The policy; {@code clusterProvided} says that the cluster's type has one of its own. */
  LbPolicy read(boolean clusterProvided) {
    if (cluster.hasLoadBalancingPolicy()) {
      besideTyped(cluster.hasLbSubsetConfig(), "lb_subset_config");
      besideTyped(cluster.getCommonLbConfig().hasLocalityWeightedLbConfig(), "common_lb_config");
      return provided(
          clusterProvided,
          new LbPolicyReader(findings)
              .read(cluster.getLoadBalancingPolicy(), path.field("load_balancing_policy")),
          path.field("load_balancing_policy"));
    }
    LbPolicy policy = provided(clusterProvided, ofCluster(), path.field("lb_policy"));
    if (!cluster.hasLbSubsetConfig()) {
      return policy;
    }
    Path here = path.field("lb_subset_config");
    if (cluster.getLbSubsetConfig().getSubsetSelectorsCount() == 0
        && cluster.getLbSubsetConfig().getFallbackPolicyValue() == 0) {
      // Envoy takes subsets as not configured then.
      return policy;
    }
    return new SubsetReader(findings).ofCluster(cluster.getLbSubsetConfig(), policy, here);
  }

  private void besideTyped(boolean set, String field) {
    if (set) {
      findings.error(path.field(field), "set", "either this or load_balancing_policy");
    }
  }

  private LbPolicy provided(boolean clusterProvided, LbPolicy policy, Path here) {
    boolean asks = policy instanceof LbPolicy.ClusterProvided;
    if (asks && !clusterProvided) {
      findings.error(
          here, "CLUSTER_PROVIDED", "a policy, as this type of cluster does not provide one");
      return LbPolicy.RoundRobin.ROUND_ROBIN;
    }
    if (!asks && clusterProvided) {
      findings.error(here, "a policy", "CLUSTER_PROVIDED, as this type of cluster has its own");
    }
    return policy;
  }

  private LbPolicy ofCluster() {
    Cluster.LbPolicy policy = cluster.getLbPolicy();
    beside(cluster.hasRoundRobinLbConfig(), "round_robin", policy == Cluster.LbPolicy.ROUND_ROBIN);
    beside(
        cluster.hasLeastRequestLbConfig(),
        "least_request",
        policy == Cluster.LbPolicy.LEAST_REQUEST);
    beside(cluster.hasRingHashLbConfig(), "ring_hash", policy == Cluster.LbPolicy.RING_HASH);
    beside(cluster.hasMaglevLbConfig(), "maglev", policy == Cluster.LbPolicy.MAGLEV);
    return switch (policy) {
      case ROUND_ROBIN ->
          new LbPolicy.RoundRobin(
              locality(),
              slowStart(
                  cluster.getRoundRobinLbConfig().hasSlowStartConfig(),
                  cluster.getRoundRobinLbConfig().getSlowStartConfig(),
                  path.field("round_robin_lb_config").field("slow_start_config")));
      case LEAST_REQUEST -> leastRequest();
      case RANDOM -> new LbPolicy.Random(locality());
      case RING_HASH -> {
        var ring = cluster.getRingHashLbConfig();
        Path here = path.field("ring_hash_lb_config");
        settings.known(
            ring.getHashFunction() == Cluster.RingHashLbConfig.HashFunction.UNRECOGNIZED,
            ring.getHashFunctionValue(),
            here.field("hash_function"));
        yield settings.ring(
            ring.hasMinimumRingSize(),
            ring.getMinimumRingSize().getValue(),
            ring.hasMaximumRingSize(),
            ring.getMaximumRingSize().getValue(),
            ring.getHashFunction() == Cluster.RingHashLbConfig.HashFunction.MURMUR_HASH_2
                ? HashFunction.MURMUR_HASH_2
                : HashFunction.XX_HASH,
            hashing(),
            weighted(),
            here);
      }
      case MAGLEV ->
          new LbPolicy.Maglev(
              settings.tableSize(
                  cluster.getMaglevLbConfig().hasTableSize(),
                  cluster.getMaglevLbConfig().getTableSize().getValue(),
                  path.field("maglev_lb_config").field("table_size")),
              hashing(),
              weighted());
      case CLUSTER_PROVIDED -> LbPolicy.ClusterProvided.CLUSTER_PROVIDED;
      case LOAD_BALANCING_POLICY_CONFIG -> {
        findings.error(path.field("load_balancing_policy"), "nothing", "a policy");
        yield LbPolicy.RoundRobin.ROUND_ROBIN;
      }
      case UNRECOGNIZED -> {
        findings.error(
            path.field("lb_policy"),
            Integer.toString(cluster.getLbPolicyValue()),
            "a value of LbPolicy");
        yield LbPolicy.RoundRobin.ROUND_ROBIN;
      }
    };
  }

  private void beside(boolean set, String name, boolean fits) {
    if (set && !fits) {
      findings.error(
          path.field(name + "_lb_config"),
          "set",
          "lb_policy " + name.toUpperCase(java.util.Locale.ROOT) + " beside it");
    }
  }

  private LbPolicy leastRequest() {
    var least = cluster.getLeastRequestLbConfig();
    Path here = path.field("least_request_lb_config");
    return new LbPolicy.LeastRequest(
        findings.bounded(
            least.hasChoiceCount(),
            least.getChoiceCount().getValue(),
            2,
            2,
            Integer.MAX_VALUE,
            here.field("choice_count")),
        settings.runtimeDouble(
            least.hasActiveRequestBias(),
            least.getActiveRequestBias(),
            1,
            here.field("active_request_bias")),
        false,
        locality(),
        slowStart(
            least.hasSlowStartConfig(),
            least.getSlowStartConfig(),
            here.field("slow_start_config")));
  }

  private Optional<SlowStart> slowStart(boolean set, Cluster.SlowStartConfig config, Path here) {
    return settings.slowStart(
        set,
        config.getSlowStartWindow(),
        config.hasAggression(),
        config.getAggression(),
        config.hasMinWeightPercent(),
        config.getMinWeightPercent(),
        here);
  }

  private boolean weighted() {
    return cluster.getCommonLbConfig().hasLocalityWeightedLbConfig();
  }

  private LocalityLb locality() {
    if (weighted()) {
      return LocalityLb.Weighted.WEIGHTED;
    }
    if (!cluster.getCommonLbConfig().hasZoneAwareLbConfig()) {
      return LocalityLb.ZoneAware.DEFAULT;
    }
    var zone = cluster.getCommonLbConfig().getZoneAwareLbConfig();
    return settings.zoneAware(
        zone.hasRoutingEnabled(),
        zone.getRoutingEnabled(),
        zone.hasMinClusterSize(),
        zone.getMinClusterSize().getValue(),
        zone.getFailTrafficOnPanic(),
        0,
        false,
        path.field("common_lb_config").field("zone_aware_lb_config"));
  }

  private Hashing hashing() {
    var config = cluster.getCommonLbConfig().getConsistentHashingLbConfig();
    return settings.hashing(
        config.getUseHostnameForHashing(),
        config.hasHashBalanceFactor(),
        config.getHashBalanceFactor().getValue(),
        path.field("common_lb_config")
            .field("consistent_hashing_lb_config")
            .field("hash_balance_factor"));
  }
}
