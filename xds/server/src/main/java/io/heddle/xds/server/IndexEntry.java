package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Where one subscription stands in its scopes' index from names to subscriptions. Owned by the
 * stream's shard. A virtual host is found by names that are not its own, so that whoever asks for
 * one is also listed under the route configuration.
 */
final class IndexEntry {
  private final StreamState stream;
  private final Subscription subscription;
  private final ResourceType type;
  private final boolean byTable;

  /** What it is listed under. */
  private NameSet listed = NameSet.own();

  private boolean joined;

  /** The names asked for, by their route configuration. */
  private final Map<String, Set<String>> tables = new HashMap<>(0);

  IndexEntry(StreamState stream, Subscription subscription, ResourceType type) {
    this.stream = stream;
    this.subscription = subscription;
    this.type = type;
    this.byTable = type == ResourceType.VIRTUAL_HOSTS;
  }

  void addToAll() {
    stream.indexAll(view -> view.addToAll(subscription));
  }

  void removeFromAll() {
    stream.indexAll(view -> view.removeFromAll(subscription));
  }

  /**
   * The names asked for have changed.
   *
   * @param left names that may be in the set no more
   * @param added names that may be new in it
   */
  void update(NameSet names, Collection<String> left, Collection<String> added) {
    if (byTable) {
      left.forEach(this::removeHost);
      added.forEach(this::addHost);
      if (!joined && !listed.names().isEmpty()) {
        join(listed);
      }
    } else if (names != listed) {
      NameSet before = listed;
      boolean wasJoined = joined;
      join(names);
      if (wasJoined) {
        leave(before);
      }
    } else if (!names.shared()) {
      for (String name : left) {
        if (!names.contains(name)) {
          stream.index(view -> view.removed(names, type, name));
        }
      }
      for (String name : added) {
        stream.index(view -> view.added(names, type, name));
      }
    }
  }

  private void join(NameSet names) {
    names.used();
    stream.index(view -> view.join(names, subscription));
    listed = names;
    joined = true;
  }

  private void leave(NameSet names) {
    names.unused();
    stream.index(view -> view.leave(names, subscription));
  }

  private void addHost(String name) {
    list(name);
    String table = HostNames.table(name);
    tables.computeIfAbsent(table, t -> new LinkedHashSet<>()).add(name);
    list(table);
  }

  private void removeHost(String name) {
    String table = HostNames.table(name);
    Set<String> sharing = tables.get(table);
    if (sharing != null && sharing.remove(name)) {
      unlist(name);
      if (sharing.isEmpty()) {
        tables.remove(table);
        unlist(table);
      }
    }
  }

  private void list(String name) {
    if (listed.add(name) && joined) {
      stream.index(view -> view.added(listed, type, name));
    }
  }

  private void unlist(String name) {
    if (listed.remove(name) && joined) {
      stream.index(view -> view.removed(listed, type, name));
    }
  }

  /** The names asked for that are of the same route configuration; none of other types. */
  Collection<String> sharing(String name) {
    return byTable ? tables.getOrDefault(HostNames.table(name), Set.of()) : Set.of();
  }

  void close() {
    removeFromAll();
    if (joined) {
      leave(listed);
      joined = false;
    }
  }
}
