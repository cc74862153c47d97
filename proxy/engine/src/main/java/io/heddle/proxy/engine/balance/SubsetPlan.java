package io.heddle.proxy.engine.balance;

import io.heddle.proxy.engine.balance.MetadataCriteria.Criterion;
import io.heddle.xds.model.LbPolicy.Fallback;
import io.heddle.xds.model.LbPolicy.Selector;
import io.heddle.xds.model.LbPolicy.Subset;
import io.heddle.xds.model.StructValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Hosts grouped by the values of their metadata, each group balanced by the same policy. Immutable.
 *
 * <p>Groups are found by walking from key to value to key, in the order of the keys' names, so that
 * a look-up allocates nothing.
 */
final class SubsetPlan implements BalancerPlan {
  private static final StructValue.Fields NO_METADATA = new StructValue.Fields(Map.of());

  /** A place in the walk: a group where it has a number, and where to go on. */
  static final class Node {
    final Map<String, Map<StructValue, Node>> next = new HashMap<>();
    int group = -1;
  }

  /** The same by keys alone, to the selector that has exactly these. */
  static final class KeyNode {
    final Map<String, KeyNode> next = new HashMap<>();
    @Nullable Selector selector;
  }

  final Node root = new Node();
  final KeyNode keys = new KeyNode();
  final List<BalancerPlan> groups = new ArrayList<>();
  final BalancerPlan any;
  final BalancerPlan defaults;
  final Fallback fallback;
  final boolean panicModeAny;
  final boolean fallbackList;
  final BalanceStats stats;
  private final Subset policy;

  SubsetPlan(List<HostSet> sets, Subset policy, BalanceSettings settings) {
    this.policy = policy;
    this.stats = settings.stats();
    this.fallback = policy.fallback();
    this.panicModeAny = policy.panicModeAny();
    this.fallbackList = policy.metadataFallbackList();
    any = plan(sets, _ -> true, settings);
    MetadataCriteria wanted = MetadataCriteria.of(policy.defaultSubset());
    defaults = plan(sets, host -> wanted.fits(lb(host), policy.listAsAny()), settings);
    Set<List<Criterion>> made = new HashSet<>();
    long duplicates = 0;
    for (Selector selector : policy.selectors()) {
      KeyNode at = keys;
      for (String key : selector.keys()) {
        at = at.next.computeIfAbsent(key, _ -> new KeyNode());
      }
      at.selector = selector;
      Map<List<Criterion>, Set<BalancedHost>> members = members(sets, selector);
      for (Map.Entry<List<Criterion>, Set<BalancedHost>> group : members.entrySet()) {
        Set<BalancedHost> hosts = group.getValue();
        if (selector.singleHostPerSubset() && hosts.size() > 1) {
          duplicates += hosts.size() - 1;
          hosts = Set.of(hosts.iterator().next());
        }
        if (made.add(group.getKey())) {
          place(group.getKey()).group = groups.size();
          groups.add(plan(sets, hosts::contains, settings));
        }
      }
    }
    stats.subsets(made, duplicates);
  }

  private static StructValue.Fields lb(BalancedHost host) {
    return host.metadata().getOrDefault("envoy.lb", NO_METADATA);
  }

  private Map<List<Criterion>, Set<BalancedHost>> members(List<HostSet> sets, Selector selector) {
    Map<List<Criterion>, Set<BalancedHost>> members = new LinkedHashMap<>();
    for (HostSet set : sets) {
      for (BalancedHost host : set.hosts) {
        List<List<Criterion>> of = new ArrayList<>();
        of.add(List.of());
        for (String key : selector.keys()) {
          StructValue value = lb(host).values().get(key);
          List<StructValue> values =
              value == null
                  ? List.of()
                  : policy.listAsAny() && value instanceof StructValue.Items(List<StructValue> any)
                      ? any
                      : List.of(value);
          of = crossed(of, key, values);
        }
        for (List<Criterion> group : of) {
          members.computeIfAbsent(group, _ -> new java.util.LinkedHashSet<>()).add(host);
        }
      }
    }
    return members;
  }

  private static List<List<Criterion>> crossed(
      List<List<Criterion>> before, String key, List<StructValue> values) {
    List<List<Criterion>> after = new ArrayList<>();
    for (List<Criterion> group : before) {
      for (StructValue value : values) {
        List<Criterion> longer = new ArrayList<>(group);
        longer.add(new Criterion(key, value));
        after.add(longer);
      }
    }
    return after;
  }

  private Node place(List<Criterion> group) {
    Node at = root;
    for (Criterion criterion : group) {
      at =
          at.next
              .computeIfAbsent(criterion.name(), _ -> new HashMap<>())
              .computeIfAbsent(criterion.value(), _ -> new Node());
    }
    return at;
  }

  private BalancerPlan plan(
      List<HostSet> sets, Predicate<BalancedHost> member, BalanceSettings settings) {
    List<HostSet> parts = new ArrayList<>();
    for (HostSet set : sets) {
      parts.add(set.part(member, policy.localityWeightAware(), policy.scaleLocalityWeight()));
    }
    return BalancerPlans.of(policy.policy(), parts, settings);
  }

  @Override
  public Balancer onLoop(BalanceLoop loop) {
    return new SubsetBalancer(this);
  }
}
