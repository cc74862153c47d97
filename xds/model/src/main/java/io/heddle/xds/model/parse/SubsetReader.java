package io.heddle.xds.model.parse;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbSubsetConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.subset.v3.Subset;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.LbPolicy.Fallback;
import io.heddle.xds.model.LbPolicy.Selector;
import io.heddle.xds.model.StructValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads subsets, from a cluster or from a policy; the two have the same fields and numbers. */
final class SubsetReader {
  private final Findings findings;

  SubsetReader(Findings findings) {
    this.findings = findings;
  }

  LbPolicy typed(Subset subset, LbPolicy policy, Path path) {
    List<Selector> selectors = new ArrayList<>();
    Set<Set<String>> seen = new HashSet<>();
    for (int i = 0; i < subset.getSubsetSelectorsCount(); i++) {
      var selector = subset.getSubsetSelectors(i);
      selectors.add(
          selector(
              selector.getKeysList(),
              selector.getSingleHostPerSubset(),
              selector.getFallbackPolicyValue(),
              selector.getFallbackKeysSubsetList(),
              seen,
              subset.getAllowRedundantKeys(),
              path.at("subset_selectors", i)));
    }
    return subset(
        subset.getFallbackPolicyValue(),
        subset.getDefaultSubset(),
        selectors,
        subset.getLocalityWeightAware(),
        subset.getScaleLocalityWeight(),
        subset.getPanicModeAny(),
        subset.getListAsAny(),
        subset.getMetadataFallbackPolicyValue(),
        policy,
        path);
  }

  LbPolicy ofCluster(LbSubsetConfig subset, LbPolicy policy, Path path) {
    List<Selector> selectors = new ArrayList<>();
    Set<Set<String>> seen = new HashSet<>();
    for (int i = 0; i < subset.getSubsetSelectorsCount(); i++) {
      var selector = subset.getSubsetSelectors(i);
      selectors.add(
          selector(
              selector.getKeysList(),
              selector.getSingleHostPerSubset(),
              selector.getFallbackPolicyValue(),
              selector.getFallbackKeysSubsetList(),
              seen,
              true,
              path.at("subset_selectors", i)));
    }
    return subset(
        subset.getFallbackPolicyValue(),
        subset.getDefaultSubset(),
        selectors,
        subset.getLocalityWeightAware(),
        subset.getScaleLocalityWeight(),
        subset.getPanicModeAny(),
        subset.getListAsAny(),
        subset.getMetadataFallbackPolicyValue(),
        policy,
        path);
  }

  private LbPolicy subset(
      int fallback,
      Struct defaultSubset,
      List<Selector> selectors,
      boolean localityWeightAware,
      boolean scaleLocalityWeight,
      boolean panicModeAny,
      boolean listAsAny,
      int metadataFallback,
      LbPolicy policy,
      Path path) {
    if (metadataFallback < 0 || metadataFallback > 1) {
      findings.error(
          path.field("metadata_fallback_policy"),
          Integer.toString(metadataFallback),
          "METADATA_NO_FALLBACK or FALLBACK_LIST");
    }
    if (scaleLocalityWeight && !localityWeightAware) {
      findings.error(
          path.field("scale_locality_weight"), "true", "locality_weight_aware beside it");
    }
    switch (policy) {
      case LbPolicy.Subset _, LbPolicy.ClusterProvided _ ->
          findings.error(
              path, policy.getClass().getSimpleName(), "another policy within the subsets");
      default -> {}
    }
    return new LbPolicy.Subset(
        switch (fallback) {
          case 0 -> Fallback.NO_FALLBACK;
          case 1 -> Fallback.ANY_ENDPOINT;
          case 2 -> Fallback.DEFAULT_SUBSET;
          default -> {
            findings.error(
                path.field("fallback_policy"),
                Integer.toString(fallback),
                "NO_FALLBACK, ANY_ENDPOINT or DEFAULT_SUBSET");
            yield Fallback.NO_FALLBACK;
          }
        },
        StructValue.of(defaultSubset),
        selectors,
        localityWeightAware,
        scaleLocalityWeight,
        panicModeAny,
        listAsAny,
        metadataFallback == 1,
        policy);
  }

  private Selector selector(
      List<String> keys,
      boolean singleHost,
      int fallback,
      List<String> fallbackKeys,
      Set<Set<String>> seen,
      boolean redundantAllowed,
      Path path) {
    Set<String> distinct = new HashSet<>(keys);
    if (keys.isEmpty()) {
      findings.error(path.field("keys"), "no key", "at least one");
    }
    if (singleHost && distinct.size() != 1) {
      findings.error(
          path.field("single_host_per_subset"), "true", "a selector with exactly one key");
    }
    if (!seen.add(distinct) && !redundantAllowed) {
      findings.error(path.field("keys"), String.join(", ", keys), "keys used once");
    }
    Optional<Fallback> read =
        switch (fallback) {
          case 0 -> Optional.empty();
          case 1 -> Optional.of(Fallback.NO_FALLBACK);
          case 2 -> Optional.of(Fallback.ANY_ENDPOINT);
          case 3 -> Optional.of(Fallback.DEFAULT_SUBSET);
          case 4 -> Optional.of(Fallback.KEYS_SUBSET);
          default -> {
            findings.error(
                path.field("fallback_policy"),
                Integer.toString(fallback),
                "a value of LbSubsetSelectorFallbackPolicy");
            yield Optional.empty();
          }
        };
    Set<String> reduced = new HashSet<>(fallbackKeys);
    boolean byKeys = read.equals(Optional.of(Fallback.KEYS_SUBSET));
    if (byKeys
        && (reduced.isEmpty() || reduced.equals(distinct) || !distinct.containsAll(reduced))) {
      findings.error(
          path.field("fallback_keys_subset"),
          reduced.isEmpty() ? "no key" : String.join(", ", fallbackKeys),
          "some of the selector's keys, and not all");
    }
    if (!byKeys && !reduced.isEmpty()) {
      findings.error(
          path.field("fallback_keys_subset"), "set", "fallback_policy KEYS_SUBSET beside it");
    }
    return new Selector(distinct, singleHost, read, reduced);
  }
}
