package io.heddle.control.core.publish;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.status.StatusBoard;
import io.heddle.control.core.translate.Place;
import io.heddle.control.core.translate.Produced;
import io.heddle.control.core.translate.Translation;
import io.heddle.control.core.translate.Translator;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.Rejection;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import io.heddle.xds.server.SyncView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All containments, by proxy and table. Owned by the publisher's thread, but for {@link #watches}.
 */
final class Containments {
  private record Key(String nodeId, String table) {}

  private final Translator translator;
  private final ResourceCache cache;
  private final StatusBoard board;
  private final SyncView view;
  private final TableHistory history = new TableHistory();
  private final Map<Key, Containment> active = new HashMap<>();

  /** The version of each shared table that is in force. */
  private final Map<String, String> shared = new HashMap<>();

  private final Set<String> watched = ConcurrentHashMap.newKeySet();

  Containments(Translator translator, ResourceCache cache, StatusBoard board, SyncView view) {
    this.translator = translator;
    this.cache = cache;
    this.board = board;
    this.view = view;
  }

  /** Whether anything that this proxy accepts is of interest. For any thread. */
  boolean watches(String nodeId) {
    return watched.contains(nodeId);
  }

  void translated(Translation translation) {
    Set<String> changed = new HashSet<>();
    for (Produced produced : translation.put()) {
      if (produced.resource().type() == ResourceType.ROUTES) {
        history.record(produced, translator.objects(), Map.of());
        shared.put(produced.resource().name(), produced.resource().version());
        changed.add(produced.resource().name());
      }
    }
    for (Place place : translation.removed()) {
      if (place.key().type() == ResourceType.ROUTES) {
        changed.add(place.key().name());
        shared.remove(place.key().name());
        history.forget(place.key().name());
      }
    }
    if (!active.isEmpty() && !changed.isEmpty()) {
      for (Map.Entry<Key, Containment> entry : Map.copyOf(active).entrySet()) {
        if (changed.contains(entry.getKey().table())) {
          entry.getValue().worldChanged();
          dropIdle(entry.getKey());
        }
      }
    }
  }

  void rejected(Rejection rejection, Scope scope) {
    if (rejection.type() != ResourceType.ROUTES) {
      return;
    }
    Optional<Map<ObjectKey, ResourceObject>> routes =
        history.routesOf(rejection.name(), rejection.version());
    if (routes.isEmpty() || !inForce(rejection, scope)) {
      return;
    }
    Key key = new Key(rejection.nodeId(), rejection.name());
    Containment containment =
        active.computeIfAbsent(
            key,
            k -> new Containment(k.nodeId(), scope, k.table(), translator, history, cache, board));
    watched.add(rejection.nodeId());
    String accepted =
        view.acknowledged(
                rejection.nodeId(), new ResourceKey(ResourceType.ROUTES, rejection.name()))
            .orElse("");
    containment.refused(rejection.version(), rejection.message(), routes.get(), accepted);
    dropIdle(key);
  }

  /**
   * Whether the proxy is still shown what it refused; otherwise it is sent something else anyway.
   */
  private boolean inForce(Rejection rejection, Scope scope) {
    ResourceKey key = new ResourceKey(ResourceType.ROUTES, rejection.name());
    String version =
        cache
            .get(scope, key)
            .map(EncodedResource::version)
            .orElseGet(() -> shared.getOrDefault(rejection.name(), ""));
    return version.equals(rejection.version());
  }

  void accepted(String nodeId, String table, String version) {
    Key key = new Key(nodeId, table);
    Containment containment = active.get(key);
    if (containment != null) {
      containment.accepted(version);
      dropIdle(key);
    }
  }

  void forget(String nodeId) {
    active.keySet().removeIf(key -> key.nodeId().equals(nodeId));
    watched.remove(nodeId);
  }

  private void dropIdle(Key key) {
    Containment containment = active.get(key);
    if (containment != null && containment.idle()) {
      active.remove(key);
      if (active.keySet().stream().noneMatch(k -> k.nodeId().equals(key.nodeId()))) {
        watched.remove(key.nodeId());
      }
    }
  }
}
