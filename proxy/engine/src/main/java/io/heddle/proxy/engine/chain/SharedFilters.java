package io.heddle.proxy.engine.chain;

import java.util.List;

/**
 * Filters of a configuration, closed when the last that uses them is done. Costs nothing where
 * there are none. Safe on every thread.
 */
public final class SharedFilters {
  /** No filters. */
  public static final SharedFilters NONE = new SharedFilters(List.of());

  private final List<FilterEntry> entries;
  private final UseCount users;

  /** Filters with one user, the configuration that named them. */
  public SharedFilters(List<FilterEntry> entries) {
    this.entries = List.copyOf(entries);
    this.users = new UseCount(() -> this.entries.forEach(entry -> entry.config().close()));
  }

  /** The filters in their order. */
  public List<FilterEntry> entries() {
    return entries;
  }

  /** One more user, who calls {@link #done}; false where they are closed already. */
  public boolean tryUse() {
    return entries.isEmpty() || users.tryUse();
  }

  /** One user less. */
  public void done() {
    if (!entries.isEmpty()) {
      users.done();
    }
  }
}
