package io.heddle.control.core.publish;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.status.StatusBoard;
import io.heddle.control.core.translate.Place;
import io.heddle.control.core.translate.Produced;
import io.heddle.control.core.translate.Translation;
import io.heddle.control.core.translate.Translator;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.CacheUpdate;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.Rejection;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import io.heddle.xds.server.SyncView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
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
  private final CulpritFile file;
  private final Past past;
  private final TableHistory history = new TableHistory();
  private final Map<Key, Containment> active = new LinkedHashMap<>();

  /** The version of each shared table that is in force. */
  private final Map<String, String> shared = new HashMap<>();

  private final Set<String> watched = ConcurrentHashMap.newKeySet();

  /** What was found out before a restart, of proxies that have not come back yet. */
  private final Map<Key, List<CulpritFile.Entry>> remembered = new LinkedHashMap<>();

  /** Of proxies that came back since the last publication. */
  private final Map<Key, Scope> returning = new LinkedHashMap<>();

  /**
   * @param past finds an older state of an object
   */
  Containments(
      Translator translator,
      ResourceCache cache,
      StatusBoard board,
      SyncView view,
      CulpritFile file,
      Past past) {
    this.translator = translator;
    this.cache = cache;
    this.board = board;
    this.view = view;
    this.file = file;
    this.past = past;
  }

  /** Finds the state of an object that had a generation. */
  interface Past {
    Optional<ResourceObject> state(ObjectKey key, long generation);
  }

  /** Reads what was found out before. */
  void start() {
    for (CulpritFile.Entry entry : file.read()) {
      remembered
          .computeIfAbsent(new Key(entry.nodeId(), entry.table()), k -> new ArrayList<>())
          .add(entry);
    }
  }

  /** A proxy is there; what it refused before is taken up with the next publication. */
  void connected(String nodeId, Scope scope) {
    for (Key key : remembered.keySet()) {
      if (key.nodeId().equals(nodeId)) {
        returning.put(key, scope);
        watched.add(nodeId);
      }
    }
  }

  /**
   * Shows proxies that came back what they run. It goes out together with their first scope, so
   * that they are never shown what they refused.
   */
  void restore(CacheUpdate.Builder update) {
    returning.forEach((key, scope) -> {
      Map<ObjectKey, Containment.Kept> kept = new LinkedHashMap<>();
      for (CulpritFile.Entry entry : remembered.getOrDefault(key, List.of())) {
        ResourceObject object = translator.objects().get(entry.object());
        if (object != null && object.metadata().generation() == entry.generation()) {
          Optional<ResourceObject> instead =
              entry.instead() == 0 ? Optional.empty() : past.state(entry.object(), entry.instead());
          kept.put(
              entry.object(), new Containment.Kept(entry.generation(), entry.message(), instead));
        }
      }
      remembered.remove(key);
      if (!kept.isEmpty() && !active.containsKey(key)) {
        Containment containment = containment(key, scope);
        containment
            .restore(kept)
            .ifPresent(own -> {
              active.put(key, containment);
              update.put(scope, own.resource());
            });
      }
      unwatchIfIdle(key.nodeId());
    });
    if (!returning.isEmpty()) {
      returning.clear();
      save();
    }
  }

  private Containment containment(Key key, Scope scope) {
    return new Containment(
        key.nodeId(), scope, key.table(), translator, history, cache, board, this::save);
  }

  private void save() {
    List<CulpritFile.Entry> all = new ArrayList<>();
    remembered.values().forEach(all::addAll);
    active.forEach((key, containment) ->
        containment
            .culprits()
            .forEach((object, kept) ->
                all.add(
                    new CulpritFile.Entry(
                        key.nodeId(),
                        key.table(),
                        object,
                        kept.generation(),
                        kept.message(),
                        kept.instead().map(state -> state.metadata().generation()).orElse(0L)))));
    file.write(all);
  }

  /** Whether anything that this proxy accepts is of interest. For any thread. */
  boolean watches(String nodeId) {
    return watched.contains(nodeId);
  }

  /** Whether a proxy has a version of its own of this resource. */
  boolean contains(String nodeId, ResourceKey key) {
    return key.type() == ResourceType.ROUTES && active.containsKey(new Key(nodeId, key.name()));
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
    Containment containment = active.computeIfAbsent(key, k -> containment(k, scope));
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
    save();
  }

  private void dropIdle(Key key) {
    Containment containment = active.get(key);
    if (containment != null && containment.idle()) {
      active.remove(key);
      unwatchIfIdle(key.nodeId());
    }
  }

  private void unwatchIfIdle(String nodeId) {
    if (active.keySet().stream().noneMatch(key -> key.nodeId().equals(nodeId))) {
      watched.remove(nodeId);
    }
  }
}
