package io.heddle.control.core.publish;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.status.Culprit;
import io.heddle.control.core.status.StatusBoard;
import io.heddle.control.core.translate.Place;
import io.heddle.control.core.translate.Produced;
import io.heddle.control.core.translate.Translator;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.CacheUpdate;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps from one proxy the states of HTTPRoutes that it refuses, so that everything else in the
 * same route table still reaches it; no other proxy notices.
 *
 * <p>A table that was refused differs from the one accepted last by some routes: the suspects.
 * {@link Search} tries them in groups, in tables of the node's own scope, which go before the
 * shared ones. In place of a culprit stands the state of the same object that was accepted last, or
 * nothing. A changed object is tried again. Owned by the publisher's thread.
 */
final class Containment {
  /** A refused state of an object, and what stands in for it. */
  private record Kept(long generation, String message, Optional<ResourceObject> instead) {}

  private final String nodeId;
  private final Scope scope;
  private final ResourceKey table;
  private final Translator translator;
  private final TableHistory history;
  private final ResourceCache cache;
  private final StatusBoard board;
  private final Map<ObjectKey, Kept> culprits = new LinkedHashMap<>();
  private final Set<String> refusedVersions = new HashSet<>();

  private Map<ObjectKey, ResourceObject> accepted = Map.of();
  private String acceptedVersion = "";
  private String trialVersion = "";
  private String lastMessage = "";
  private @Nullable Search search;

  Containment(
      String nodeId,
      Scope scope,
      String table,
      Translator translator,
      TableHistory history,
      ResourceCache cache,
      StatusBoard board) {
    this.nodeId = nodeId;
    this.scope = scope;
    this.table = new ResourceKey(ResourceType.ROUTES, table);
    this.translator = translator;
    this.history = history;
    this.cache = cache;
    this.board = board;
  }

  /** Whether an answer to this version is waited for. */
  boolean awaits(String version) {
    return search != null && trialVersion.equals(version);
  }

  boolean idle() {
    return search == null && culprits.isEmpty();
  }

  /**
   * The proxy refused a table that holds these routes.
   *
   * @param acceptedNow the version that it goes on with, empty where there is none
   */
  void refused(
      String version, String message, Map<ObjectKey, ResourceObject> routes, String acceptedNow) {
    lastMessage = message;
    refusedVersions.add(version);
    if (search == null) {
      acceptedVersion = acceptedNow;
      accepted = history.routesOf(table.name(), acceptedNow).orElse(Map.of());
      List<ObjectKey> suspects = new ArrayList<>();
      routes.forEach((key, object) -> {
        if (!object.equals(accepted.get(key))) {
          suspects.add(key);
        }
      });
      if (suspects.isEmpty()) {
        return;
      }
      search = new Search(suspects);
    }
    narrow(search);
    advance();
  }

  /** The proxy accepted the table that was tried. */
  void accepted(String version) {
    if (search != null && awaits(version)) {
      acceptedVersion = version;
      search.accepted();
      advance();
    }
  }

  private void narrow(Search running) {
    for (ObjectKey culprit : running.refused()) {
      ResourceObject object = translator.objects().get(culprit);
      if (object != null) {
        culprits.put(
            culprit,
            new Kept(
                object.metadata().generation(),
                lastMessage,
                Optional.ofNullable(accepted.get(culprit))));
      }
    }
  }

  private void advance() {
    while (search != null) {
      if (search.trial().isEmpty()) {
        search = null;
        show();
        return;
      }
      Map<ObjectKey, Optional<ResourceObject>> instead = instead();
      for (ObjectKey left : search.left()) {
        instead.put(left, Optional.ofNullable(accepted.get(left)));
      }
      Optional<Produced> produced = translator.substitute(table.name(), scope, instead);
      if (produced.isEmpty()) {
        search = null;
        return;
      }
      String version = produced.get().resource().version();
      if (version.equals(acceptedVersion)) {
        search.accepted();
      } else if (refusedVersions.contains(version)) {
        narrow(search);
      } else {
        trialVersion = version;
        put(produced.get(), instead);
        return;
      }
    }
  }

  /** The shared table, or an object, changed: what was found out may no longer hold. */
  void worldChanged() {
    search = null;
    refusedVersions.clear();
    culprits
        .entrySet()
        .removeIf(entry -> {
          ResourceObject object = translator.objects().get(entry.getKey());
          return object == null || object.metadata().generation() != entry.getValue().generation();
        });
    show();
  }

  private Map<ObjectKey, Optional<ResourceObject>> instead() {
    Map<ObjectKey, Optional<ResourceObject>> instead = new HashMap<>();
    culprits.forEach((key, kept) -> instead.put(key, kept.instead()));
    return instead;
  }

  private void show() {
    List<Culprit> named = new ArrayList<>();
    culprits.forEach((key, kept) ->
        named.add(new Culprit(nodeId, key, kept.generation(), table.name(), kept.message())));
    board.replaceCulprits(nodeId, table.name(), named);
    Map<ObjectKey, Optional<ResourceObject>> instead = instead();
    Optional<Produced> own =
        instead.isEmpty() ? Optional.empty() : translator.substitute(table.name(), scope, instead);
    if (own.isPresent()) {
      put(own.get(), instead);
    } else {
      cache.apply(CacheUpdate.builder().remove(scope, table).build());
      board.recordRemoved(new Place(scope, table));
    }
  }

  private void put(Produced produced, Map<ObjectKey, Optional<ResourceObject>> instead) {
    history.record(produced, translator.objects(), instead);
    board.recordProduced(produced);
    cache.apply(CacheUpdate.builder().put(scope, produced.resource()).build());
  }
}
