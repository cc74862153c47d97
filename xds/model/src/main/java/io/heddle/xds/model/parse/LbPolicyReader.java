package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost;
import io.envoyproxy.envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.subset.v3.Subset;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.LbPolicy.HashFunction;
import io.heddle.xds.model.LbPolicy.Hashing;
import io.heddle.xds.model.LbPolicy.LocalityLb;
import io.heddle.xds.model.LbPolicy.OverrideSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the policies of {@code load_balancing_policy}, of which the first that is known counts. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class LbPolicyReader {
  private static final String PREFIX = "envoy.extensions.load_balancing_policies.";
  private static final String KNOWN =
      "round_robin, least_request, random, ring_hash, maglev, pick_first, subset, override_host,"
          + " wrr_locality, client_side_weighted_round_robin, cluster_provided or Heddle's"
          + " peak_ewma";
  private static final int DEEPEST = 8;

  private final Findings findings;
  private final LbSettingsReader settings;

  LbPolicyReader(Findings findings) {
    this.findings = findings;
    this.settings = new LbSettingsReader(findings);
  }

  /** The first policy that is known; the others may be anything. */
  LbPolicy read(LoadBalancingPolicy policy, Path path) {
    return read(policy, path, 0);
  }

  private LbPolicy read(LoadBalancingPolicy policy, Path path, int depth) {
    if (depth > DEEPEST) {
      findings.error(path, "policies nested more than " + DEEPEST + " deep", "fewer levels");
      return LbPolicy.RoundRobin.ROUND_ROBIN;
    }
    List<String> unknown = new ArrayList<>();
    for (int i = 0; i < policy.getPoliciesCount(); i++) {
      Any any = policy.getPolicies(i).getTypedExtensionConfig().getTypedConfig();
      Path here = path.at("policies", i).field("typed_extension_config").field("typed_config");
      Optional<LbPolicy> read = typed(any, here, depth);
      if (read.isPresent()) {
        return read.get();
      }
      unknown.add(any.getTypeUrl());
    }
    findings.error(
        path.field("policies"),
        unknown.isEmpty() ? "no policy" : String.join(", ", unknown),
        KNOWN);
    return LbPolicy.RoundRobin.ROUND_ROBIN;
  }

  /** The policy, or nothing where its type is not known here. */
  private Optional<LbPolicy> typed(Any any, Path path, int depth) {
    String type = ExtensionReader.typeName(any);
    if (PeakEwmaReader.isPeakEwma(any)) {
      return Optional.of(new PeakEwmaReader(findings).read(any, path));
    }
    if (!type.startsWith(PREFIX)) {
      return Optional.empty();
    }
    return switch (type.substring(PREFIX.length())) {
      case "round_robin.v3.RoundRobin" ->
          read(any, type, RoundRobin.parser(), path)
              .map(p ->
                  new LbPolicy.RoundRobin(
                      settings.locality(p.getLocalityLbConfig(), path.field("locality_lb_config")),
                      settings.slowStart(
                          p.hasSlowStartConfig(),
                          p.getSlowStartConfig(),
                          path.field("slow_start_config"))));
      case "least_request.v3.LeastRequest" ->
          read(any, type, LeastRequest.parser(), path).map(p -> leastRequest(p, path));
      case "random.v3.Random" ->
          read(any, type, Random.parser(), path)
              .map(p ->
                  new LbPolicy.Random(
                      settings.locality(
                          p.getLocalityLbConfig(), path.field("locality_lb_config"))));
      case "ring_hash.v3.RingHash" ->
          read(any, type, RingHash.parser(), path).map(p -> ringHash(p, path));
      case "maglev.v3.Maglev" -> read(any, type, Maglev.parser(), path).map(p -> maglev(p, path));
      case "pick_first.v3.PickFirst" ->
          read(any, type, PickFirst.parser(), path)
              .map(p -> new LbPolicy.PickFirst(p.getShuffleAddressList()));
      case "subset.v3.Subset" ->
          read(any, type, Subset.parser(), path)
              .map(p ->
                  new SubsetReader(findings)
                      .typed(
                          p,
                          read(p.getSubsetLbPolicy(), path.field("subset_lb_policy"), depth + 1),
                          path));
      case "override_host.v3.OverrideHost" ->
          read(any, type, OverrideHost.parser(), path)
              .map(p ->
                  new LbPolicy.OverrideHost(
                      sources(p, path),
                      read(p.getFallbackPolicy(), path.field("fallback_policy"), depth + 1)));
      case "wrr_locality.v3.WrrLocality" ->
          read(any, type, WrrLocality.parser(), path)
              .map(p -> {
                Path picking = path.field("endpoint_picking_policy");
                return weighted(read(p.getEndpointPickingPolicy(), picking, depth + 1), picking);
              });
      case "client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin" ->
          read(any, type, ClientSideWeightedRoundRobin.parser(), path)
              .map(p -> clientSide(p, path));
      case "cluster_provided.v3.ClusterProvided" ->
          read(any, type, ClusterProvided.parser(), path)
              .map(_ -> LbPolicy.ClusterProvided.CLUSTER_PROVIDED);
      default -> Optional.empty();
    };
  }

  private <M extends com.google.protobuf.Message> Optional<M> read(
      Any any, String type, com.google.protobuf.Parser<M> parser, Path path) {
    // Bytes that are no message are an error by now; the default keeps the walk going.
    return findings.unpack(any, type, parser, path);
  }

  private LbPolicy leastRequest(LeastRequest policy, Path path) {
    boolean fullScan = policy.getSelectionMethod() == LeastRequest.SelectionMethod.FULL_SCAN;
    settings.known(
        policy.getSelectionMethod() == LeastRequest.SelectionMethod.UNRECOGNIZED,
        policy.getSelectionMethodValue(),
        path.field("selection_method"));
    return new LbPolicy.LeastRequest(
        findings.bounded(
            policy.hasChoiceCount(),
            policy.getChoiceCount().getValue(),
            2,
            2,
            Integer.MAX_VALUE,
            path.field("choice_count")),
        settings.runtimeDouble(
            policy.hasActiveRequestBias(),
            policy.getActiveRequestBias(),
            1,
            path.field("active_request_bias")),
        fullScan || policy.getEnableFullScan().getValue(),
        settings.locality(policy.getLocalityLbConfig(), path.field("locality_lb_config")),
        settings.slowStart(
            policy.hasSlowStartConfig(),
            policy.getSlowStartConfig(),
            path.field("slow_start_config")));
  }

  private LbPolicy ringHash(RingHash policy, Path path) {
    HashFunction function =
        switch (policy.getHashFunction()) {
          case DEFAULT_HASH, XX_HASH -> HashFunction.XX_HASH;
          case MURMUR_HASH_2 -> HashFunction.MURMUR_HASH_2;
          case UNRECOGNIZED -> {
            settings.known(true, policy.getHashFunctionValue(), path.field("hash_function"));
            yield HashFunction.XX_HASH;
          }
        };
    Hashing hashing =
        policy.hasConsistentHashingLbConfig()
            ? hashing(policy.getConsistentHashingLbConfig(), path)
            : settings.hashing(
                policy.getUseHostnameForHashing(),
                policy.hasHashBalanceFactor(),
                policy.getHashBalanceFactor().getValue(),
                path.field("hash_balance_factor"));
    return settings.ring(
        policy.hasMinimumRingSize(),
        policy.getMinimumRingSize().getValue(),
        policy.hasMaximumRingSize(),
        policy.getMaximumRingSize().getValue(),
        function,
        hashing,
        policy.hasLocalityWeightedLbConfig(),
        path);
  }

  private LbPolicy maglev(Maglev policy, Path path) {
    return new LbPolicy.Maglev(
        settings.tableSize(
            policy.hasTableSize(), policy.getTableSize().getValue(), path.field("table_size")),
        hashing(policy.getConsistentHashingLbConfig(), path),
        policy.hasLocalityWeightedLbConfig());
  }

  private Hashing hashing(ConsistentHashingLbConfig config, Path path) {
    return settings.hashing(
        config.getUseHostnameForHashing(),
        config.hasHashBalanceFactor(),
        config.getHashBalanceFactor().getValue(),
        path.field("consistent_hashing_lb_config").field("hash_balance_factor"));
  }

  private List<OverrideSource> sources(OverrideHost policy, Path path) {
    List<OverrideSource> sources = new ArrayList<>();
    if (policy.getOverrideHostSourcesCount() == 0) {
      findings.error(path.field("override_host_sources"), "no source", "at least one");
    }
    for (int i = 0; i < policy.getOverrideHostSourcesCount(); i++) {
      var source = policy.getOverrideHostSources(i);
      Path here = path.at("override_host_sources", i);
      if (source.getHeader().isEmpty() == !source.hasMetadata()) {
        findings.error(
            here, source.hasMetadata() ? "both are set" : "nothing", "either header or metadata");
      } else if (source.hasMetadata()) {
        sources.add(settings.metadataKey(source.getMetadata(), here.field("metadata")));
      } else {
        sources.add(new OverrideSource.Header(source.getHeader()));
      }
    }
    return sources;
  }

  private LbPolicy weighted(LbPolicy policy, Path path) {
    LocalityLb weighted = LocalityLb.Weighted.WEIGHTED;
    return switch (policy) {
      case LbPolicy.RoundRobin p -> new LbPolicy.RoundRobin(weighted, p.slowStart());
      case LbPolicy.LeastRequest p ->
          new LbPolicy.LeastRequest(
              p.choiceCount(), p.activeRequestBias(), p.fullScan(), weighted, p.slowStart());
      case LbPolicy.Random _ -> new LbPolicy.Random(weighted);
      case LbPolicy.ClientSideWeighted p ->
          new LbPolicy.ClientSideWeighted(
              p.blackout(),
              p.expiration(),
              p.updatePeriod(),
              p.errorPenalty(),
              p.metricNames(),
              weighted,
              p.slowStart());
      case LbPolicy.PeakEwma p ->
          new LbPolicy.PeakEwma(p.decay(), p.initialLatency(), p.choiceCount(), weighted);
      case LbPolicy.RingHash _,
          LbPolicy.Maglev _,
          LbPolicy.PickFirst _,
          LbPolicy.Subset _,
          LbPolicy.OverrideHost _,
          LbPolicy.ClusterProvided _ -> {
        findings.error(
            path,
            policy.getClass().getSimpleName(),
            "round_robin, least_request, random, client_side_weighted_round_robin or peak_ewma");
        yield policy;
      }
    };
  }

  private LbPolicy clientSide(ClientSideWeightedRoundRobin policy, Path path) {
    if (policy.getEnableOobLoadReport().getValue()) {
      findings.refuse(path.field("enable_oob_load_report"), "true");
    }
    Duration update =
        findings.duration(
            policy.hasWeightUpdatePeriod(),
            policy.getWeightUpdatePeriod(),
            Duration.ofSeconds(1),
            path.field("weight_update_period"));
    double penalty =
        policy.hasErrorUtilizationPenalty() ? policy.getErrorUtilizationPenalty().getValue() : 1.0;
    if (!(penalty >= 0 && penalty <= Float.MAX_VALUE)) {
      findings.error(
          path.field("error_utilization_penalty"),
          Double.toString(penalty),
          "a number of 0 or more");
    }
    return new LbPolicy.ClientSideWeighted(
        findings.duration(
            policy.hasBlackoutPeriod(),
            policy.getBlackoutPeriod(),
            Duration.ofSeconds(10),
            path.field("blackout_period")),
        findings.duration(
            policy.hasWeightExpirationPeriod(),
            policy.getWeightExpirationPeriod(),
            Duration.ofMinutes(3),
            path.field("weight_expiration_period")),
        update.compareTo(Duration.ofMillis(100)) < 0 ? Duration.ofMillis(100) : update,
        penalty,
        policy.getMetricNamesForComputingUtilizationList(),
        LocalityLb.ZoneAware.DEFAULT,
        settings.slowStart(
            policy.hasSlowStartConfig(),
            policy.getSlowStartConfig(),
            path.field("slow_start_config")));
  }
}
