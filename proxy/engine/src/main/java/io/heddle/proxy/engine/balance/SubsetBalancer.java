package io.heddle.proxy.engine.balance;

import io.heddle.proxy.engine.balance.MetadataCriteria.Criterion;
import io.heddle.xds.model.LbPolicy.Fallback;
import io.heddle.xds.model.LbPolicy.Selector;
import io.heddle.xds.model.StructValue;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One loop's side of a {@link SubsetPlan}. */
final class SubsetBalancer implements Balancer {
  private final SubsetPlan plan;
  private final @Nullable Balancer[] groups;
  private @Nullable Balancer any;
  private @Nullable Balancer defaults;

  SubsetBalancer(SubsetPlan plan) {
    this.plan = plan;
    this.groups = new @Nullable Balancer[plan.groups.size()];
  }

  @Override
  public @Nullable BalancedHost choose(BalanceLoop loop, BalanceContext context) {
    List<MetadataCriteria> alternatives = context.metadata().alternatives();
    if (!plan.fallbackList || alternatives.isEmpty()) {
      return choose(loop, context, context.metadata().criteria(), null);
    }
    for (int i = 0; i < alternatives.size(); i++) {
      BalancedHost host = choose(loop, context, alternatives.get(i).criteria(), null);
      if (host != null) {
        return host;
      }
    }
    return null;
  }

  /** {@code only} reduces the criteria to some keys. */
  private @Nullable BalancedHost choose(
      BalanceLoop loop,
      BalanceContext context,
      List<Criterion> criteria,
      @Nullable Set<String> only) {
    if (!criteria.isEmpty()) {
      int group = group(criteria, only);
      if (group >= 0) {
        loop.stats().increment(plan.stats.subsetsSelected);
        return group(group, loop).choose(loop, context);
      }
      Selector selector = selector(criteria, only);
      if (selector != null && selector.fallback().isPresent()) {
        Fallback fallback = selector.fallback().get();
        return fallback == Fallback.KEYS_SUBSET
            ? choose(loop, context, criteria, selector.fallbackKeys())
            : fallback(fallback, loop, context);
      }
    }
    BalancedHost host = fallback(plan.fallback, loop, context);
    if (host != null) {
      loop.stats().increment(plan.stats.subsetsFallback);
    } else if (plan.panicModeAny) {
      host = fallback(Fallback.ANY_ENDPOINT, loop, context);
      if (host != null) {
        loop.stats().increment(plan.stats.subsetsFallbackPanic);
      }
    }
    return host;
  }

  private int group(List<Criterion> criteria, @Nullable Set<String> only) {
    SubsetPlan.Node at = plan.root;
    for (int i = 0; i < criteria.size(); i++) {
      Criterion criterion = criteria.get(i);
      if (only != null && !only.contains(criterion.name())) {
        continue;
      }
      Map<StructValue, SubsetPlan.Node> values = at.next.get(criterion.name());
      SubsetPlan.Node next = values == null ? null : values.get(criterion.value());
      if (next == null) {
        return -1;
      }
      at = next;
    }
    return at.group;
  }

  private @Nullable Selector selector(List<Criterion> criteria, @Nullable Set<String> only) {
    SubsetPlan.KeyNode at = plan.keys;
    for (int i = 0; i < criteria.size(); i++) {
      String key = criteria.get(i).name();
      if (only != null && !only.contains(key)) {
        continue;
      }
      SubsetPlan.KeyNode next = at.next.get(key);
      if (next == null) {
        return null;
      }
      at = next;
    }
    return at.selector;
  }

  private Balancer group(int index, BalanceLoop loop) {
    Balancer group = groups[index];
    if (group == null) {
      group = plan.groups.get(index).onLoop(loop);
      groups[index] = group;
    }
    return group;
  }

  private @Nullable BalancedHost fallback(
      Fallback fallback, BalanceLoop loop, BalanceContext context) {
    return switch (fallback) {
      case NO_FALLBACK, KEYS_SUBSET -> null;
      case ANY_ENDPOINT -> {
        Balancer all = any;
        if (all == null) {
          all = plan.any.onLoop(loop);
          any = all;
        }
        yield all.choose(loop, context);
      }
      case DEFAULT_SUBSET -> {
        Balancer some = defaults;
        if (some == null) {
          some = plan.defaults.onLoop(loop);
          defaults = some;
        }
        yield some.choose(loop, context);
      }
    };
  }
}
