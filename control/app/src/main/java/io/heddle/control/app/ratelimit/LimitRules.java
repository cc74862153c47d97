package io.heddle.control.app.ratelimit;

import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which limit a descriptor has, by domain. Immutable.
 *
 * <p>A descriptor's entries lead through a tree, one level each: at every level the node of exactly
 * this key and value, else the first whose value ends in a star and begins this one, else that of
 * the key alone. The limit is that of the node where the entries end; without one there it has
 * none.
 */
record LimitRules(Map<String, Node> domains) {
  /** No limit for anybody. */
  static final LimitRules NONE = new LimitRules(Map.of());

  /**
   * What holds behind an entry.
   *
   * @param limit of descriptors that end here
   * @param exact children by key and value
   * @param prefixes children whose values end in a star, in the order of the file
   * @param byKey children for every value of a key
   */
  record Node(
      Optional<LimitRule> limit,
      Map<Pair, Node> exact,
      List<Prefix> prefixes,
      Map<String, Node> byKey) {
    Node {
      exact = Map.copyOf(exact);
      prefixes = List.copyOf(prefixes);
      byKey = Map.copyOf(byKey);
    }
  }

  /** An entry. */
  record Pair(String key, String value) {}

  /** Values of a key that begin alike. */
  record Prefix(String key, String prefix, Node node) {}

  LimitRules {
    domains = Map.copyOf(domains);
  }

  /** The limit of a descriptor. */
  Optional<LimitRule> find(String domain, List<RateLimitDescriptor.Entry> entries) {
    Node at = domains.get(domain);
    for (int i = 0; at != null && i < entries.size(); i++) {
      at = child(at, entries.get(i).getKey(), entries.get(i).getValue());
    }
    return at == null || entries.isEmpty() ? Optional.empty() : at.limit();
  }

  private static @Nullable Node child(Node of, String key, String value) {
    Node exact = of.exact().get(new Pair(key, value));
    if (exact != null) {
      return exact;
    }
    for (Prefix prefix : of.prefixes()) {
      if (prefix.key().equals(key) && value.startsWith(prefix.prefix())) {
        return prefix.node();
      }
    }
    return of.byKey().get(key);
  }
}
