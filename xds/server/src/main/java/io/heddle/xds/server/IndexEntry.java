package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.Collection;

/**
 * Where one subscription stands in its scopes' index from names to subscriptions. Owned by the
 * stream's shard. A virtual host is found by names that are not its own, so that whoever asks for
 * one is also listed under the route configuration.
 */
final class IndexEntry {
  private final StreamState stream;
  private final Subscription subscription;
  private final boolean byTable;

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
      stream.index(view -> view.add(HostNames.table(name), subscription));
    }
  }

  /**
   * @param remaining the names that are asked for still
   */
  void remove(String name, Collection<String> remaining) {
    stream.index(view -> view.remove(name, subscription));
    if (byTable && HostNames.sharing(name, remaining).isEmpty()) {
      stream.index(view -> view.remove(HostNames.table(name), subscription));
    }
  }

  void close(Collection<String> names) {
    removeFromAll();
    stream.index(view -> {
      for (String name : names) {
        view.remove(name, subscription);
        if (byTable) {
          view.remove(HostNames.table(name), subscription);
        }
      }
    });
  }
}
