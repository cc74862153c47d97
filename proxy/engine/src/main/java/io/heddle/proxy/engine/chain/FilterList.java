package io.heddle.proxy.engine.chain;

import java.util.List;
import java.util.Set;

/** The filters of a kind of request, without the router. Immutable. */
public final class FilterList {
  private final FilterEntry[] all;
  private final FilterEntry[] usual;

  /** Filters in their order. */
  public FilterList(List<FilterEntry> filters) {
    all = filters.toArray(new FilterEntry[0]);
    usual = filters.stream().filter(e -> !e.disabled()).toArray(FilterEntry[]::new);
  }

  /** Whether there is none, even disabled. */
  public boolean isEmpty() {
    return all.length == 0;
  }

  /** The filters that run for a route. Mostly the same for all, so that nothing is made for it. */
  public FilterEntry[] running(Set<String> disabled, Set<String> enabled) {
    if (disabled.isEmpty() && enabled.isEmpty()) {
      return usual;
    }
    int n = 0;
    for (FilterEntry entry : all) {
      if (runs(entry, disabled, enabled)) {
        n++;
      }
    }
    FilterEntry[] chain = new FilterEntry[n];
    n = 0;
    for (FilterEntry entry : all) {
      if (runs(entry, disabled, enabled)) {
        chain[n++] = entry;
      }
    }
    return chain;
  }

  private static boolean runs(FilterEntry entry, Set<String> disabled, Set<String> enabled) {
    return entry.disabled() ? enabled.contains(entry.name()) : !disabled.contains(entry.name());
  }

  /** Nothing uses them any more. */
  public void close() {
    for (FilterEntry entry : all) {
      entry.config().close();
    }
  }
}
