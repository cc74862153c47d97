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
import java.util.Collections;
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
 *
 * <p>A trial leaves out suspects, and a proxy enforces what it accepts; so suspects must be few. A
 * control plane that restarted does not know what was accepted last, and would suspect every route:
 * that is why culprits are remembered ({@link #restore}), and why, where they are not, the table
 * that the proxy holds is first compared with what each single culprit would have left of it.
 */
final class Containment {
  /** Above this many suspects the single ones are not compared: it costs a table for each. */
  private static final int MOST_COMPARED = 200;

  /** A refused state of an object, and what stands in for it. */
  record Kept(long generation, String message, Optional<ResourceObject> instead) {}

  private final String nodeId;
  private final Scope scope;
  private final ResourceKey table;
  private final Translator translator;
  private final TableHistory history;
  private final ResourceCache cache;
  private final StatusBoard board;
  private final Runnable changed;
  private final Map<ObjectKey, Kept> culprits = new LinkedHashMap<>();
  private final Set<String> refusedVersions = new HashSet<>();

  private Map<ObjectKey, ResourceObject> accepted = Map.of();
  private String acceptedVersion = "";
  private String trialVersion = "";
  private String lastMessage = "";
  private @Nullable Search search;

  /**
   * @param changed is run when other states are kept from the proxy than before, and before the
   *     proxy is shown the result
   */
  Containment(
      String nodeId,
      Scope scope,
      String table,
      Translator translator,
      TableHistory history,
      ResourceCache cache,
      StatusBoard board,
      Runnable changed) {
    this.nodeId = nodeId;
    this.scope = scope;
    this.table = new ResourceKey(ResourceType.ROUTES, table);
    this.translator = translator;
    this.history = history;
    this.cache = cache;
    this.board = board;
    this.changed = changed;
  }

  Map<ObjectKey, Kept> culprits() {
    return Collections.unmodifiableMap(culprits);
  }

  /**
   * Takes up what was found out before a restart.
   *
   * @return the table to show the proxy, empty where there is no such table
   */
  Optional<Produced> restore(Map<ObjectKey, Kept> found) {
    culprits.putAll(found);
    Map<ObjectKey, Optional<ResourceObject>> instead = instead();
    Optional<Produced> own = translator.substitute(table.name(), scope, instead);
    own.ifPresent(produced -> {
      name();
      record(produced, instead);
    });
    return own;
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
      Optional<Map<ObjectKey, ResourceObject>> known = history.routesOf(table.name(), acceptedNow);
      accepted = known.orElse(Map.of());
      List<ObjectKey> suspects = new ArrayList<>();
      routes.forEach((key, object) -> {
        if (!object.equals(accepted.get(key))) {
          suspects.add(key);
        }
      });
      if (suspects.isEmpty()) {
        return;
      }
      if (known.isEmpty() && !acceptedNow.isEmpty()) {
        Optional<ObjectKey> single = singleMissingFrom(acceptedNow, suspects);
        if (single.isPresent()) {
          keep(single.get());
          show();
          return;
        }
      }
      search = new Search(suspects);
    }
    narrow(search);
    advance();
  }

  /** The suspect without which the table is the one that the proxy holds. */
  private Optional<ObjectKey> singleMissingFrom(String held, List<ObjectKey> suspects) {
    if (suspects.size() > MOST_COMPARED) {
      return Optional.empty();
    }
    for (ObjectKey suspect : suspects) {
      Map<ObjectKey, Optional<ResourceObject>> instead = instead();
      instead.put(suspect, Optional.empty());
      if (translator
          .substitute(table.name(), scope, instead)
          .filter(produced -> produced.resource().version().equals(held))
          .isPresent()) {
        return Optional.of(suspect);
      }
    }
    return Optional.empty();
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
    running.refused().forEach(this::keep);
  }

  private void keep(ObjectKey culprit) {
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

  private void name() {
    List<Culprit> named = new ArrayList<>();
    culprits.forEach((key, kept) ->
        named.add(new Culprit(nodeId, key, kept.generation(), table.name(), kept.message())));
    board.replaceCulprits(nodeId, table.name(), named);
  }

  private void show() {
    name();
    changed.run();
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

  private void record(Produced produced, Map<ObjectKey, Optional<ResourceObject>> instead) {
    history.record(produced, translator.objects(), instead);
    board.recordProduced(produced);
  }

  private void put(Produced produced, Map<ObjectKey, Optional<ResourceObject>> instead) {
    record(produced, instead);
    cache.apply(CacheUpdate.builder().put(scope, produced.resource()).build());
  }
}
