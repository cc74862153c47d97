package io.heddle.proxy.app.dynamic;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * Under the prefix of which connection manager a route table is counted: several may name it, and
 * it is fetched once. The first in order, for as long as that one names it. Belongs to the
 * scheduler's thread.
 */
final class RoutePrefixes {
  private final Map<String, TreeSet<String>> named = new HashMap<>();
  private final Map<String, String> chosen = new HashMap<>();

  /** Forgets who names what. */
  void begin() {
    named.clear();
  }

  /** A connection manager of this prefix names this table. */
  void add(String table, String prefix) {
    named.computeIfAbsent(table, _ -> new TreeSet<>()).add(prefix);
  }

  /** Where a table is counted. */
  String of(String table) {
    TreeSet<String> candidates = named.get(table);
    if (candidates == null) {
      chosen.remove(table);
      return "";
    }
    String before = chosen.get(table);
    if (before == null || !candidates.contains(before)) {
      before = candidates.first();
      chosen.put(table, before);
    }
    return before;
  }
}
