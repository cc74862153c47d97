package io.heddle.proxy.engine.route;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Virtual hosts by domain: the exact one, then the longest suffix, the longest prefix, and the one
 * for all. Case does not matter. Immutable.
 */
final class HostIndex {
  private final RegionMap<CompiledHost> exact;
  private final RegionMap<CompiledHost> suffixes;
  private final RegionMap<CompiledHost> prefixes;
  private final int[] suffixLengths;
  private final int[] prefixLengths;
  private final boolean onlyCatchAll;
  private final @Nullable CompiledHost catchAll;

  /** By domain as configured: {@code a.b}, {@code *.b}, {@code a.*} or {@code *}. */
  HostIndex(Map<String, CompiledHost> byDomain) {
    Map<String, CompiledHost> whole = new HashMap<>();
    Map<String, CompiledHost> ends = new HashMap<>();
    Map<String, CompiledHost> begins = new HashMap<>();
    byDomain.forEach((domain, host) -> {
      if (domain.equals("*")) {
        return;
      }
      if (domain.startsWith("*")) {
        ends.put(domain.substring(1), host);
      } else if (domain.endsWith("*")) {
        begins.put(domain.substring(0, domain.length() - 1), host);
      } else {
        whole.put(domain, host);
      }
    });
    exact = RegionMap.of(whole, true);
    suffixes = RegionMap.of(ends, true);
    prefixes = RegionMap.of(begins, true);
    suffixLengths = lengths(ends);
    prefixLengths = lengths(begins);
    catchAll = byDomain.get("*");
    onlyCatchAll = whole.isEmpty() && ends.isEmpty() && begins.isEmpty();
  }

  private static int[] lengths(Map<String, CompiledHost> hosts) {
    TreeSet<Integer> lengths = new TreeSet<>();
    hosts.keySet().forEach(key -> lengths.add(key.length()));
    return lengths.descendingSet().stream().mapToInt(Integer::intValue).toArray();
  }

  /** Whether the authority does not matter. */
  boolean onlyCatchAll() {
    return onlyCatchAll;
  }

  /** The host of the authority's first {@code to} characters. */
  @Nullable CompiledHost find(String authority, int to) {
    if (onlyCatchAll) {
      return catchAll;
    }
    CompiledHost found = exact.get(authority, 0, to);
    if (found != null) {
      return found;
    }
    for (int length : suffixLengths) {
      // A wildcard stands for at least one character.
      if (to > length) {
        found = suffixes.get(authority, to - length, to);
        if (found != null) {
          return found;
        }
      }
    }
    for (int length : prefixLengths) {
      if (to > length) {
        found = prefixes.get(authority, 0, length);
        if (found != null) {
          return found;
        }
      }
    }
    return catchAll;
  }
}
