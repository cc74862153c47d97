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
  private final boolean byTable;

  /** The names asked for, by their route configuration. */
  private final Map<String, Set<String>> tables = new HashMap<>(0);

  IndexEntry(StreamState stream, Subscription subscription, ResourceType type) {
    this.stream = stream;
    this.subscription = subscription;
    this.byTable = type == ResourceType.VIRTUAL_HOSTS;
  }

  void addToAll() {
    stream.indexAll(view -> view.addToAll(subscription));
  }

  void removeFromAll() {
    stream.indexAll(view -> view.removeFromAll(subscription));
  }

  void add(String name) {
    stream.index(view -> view.add(name, subscription));
    if (byTable) {
      String table = HostNames.table(name);
      tables.computeIfAbsent(table, t -> new LinkedHashSet<>()).add(name);
      stream.index(view -> view.add(table, subscription));
    }
  }

  void remove(String name) {
    stream.index(view -> view.remove(name, subscription));
    if (byTable) {
      String table = HostNames.table(name);
      tables.computeIfPresent(
          table,
          (t, names) -> {
            names.remove(name);
            return names.isEmpty() ? null : names;
          });
      if (!tables.containsKey(table)) {
        stream.index(view -> view.remove(table, subscription));
      }
    }
  }

  /** The names asked for that are of the same route configuration; none of other types. */
  Collection<String> sharing(String name) {
    return byTable ? tables.getOrDefault(HostNames.table(name), Set.of()) : Set.of();
  }

  void close(Collection<String> names) {
    removeFromAll();
    stream.index(view -> {
      names.forEach(name -> view.remove(name, subscription));
      tables.keySet().forEach(table -> view.remove(table, subscription));
    });
  }
}
