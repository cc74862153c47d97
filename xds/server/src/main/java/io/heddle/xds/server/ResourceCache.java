package io.heddle.xds.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Holds the resources of every scope, and tells servers what changes.
 *
 * <p>Any thread may call; nothing waits for a stream: a change is queued on every shard, in the
 * order of the calls, and each shard keeps its own view of the maps (the resources are shared).
 *
 * <p>Nothing is answered before {@link #markReady()}: a control plane calls it once its first
 * snapshot is complete, so that no proxy is ever sent "nothing" at its start.
 */
public final class ResourceCache {
  /** What became different, for one shard. */
  record Change(
      boolean ready,
      Set<Scope> known,
      List<CacheUpdate.Entry> entries,
      List<CacheUpdate.StateVersion> versions) {}

  private record Versioned(Scope scope, ResourceType type) {}

  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<Scope, Map<ResourceKey, EncodedResource>> scopes = new HashMap<>();

  @GuardedBy("lock")
  private final Map<Versioned, CacheUpdate.StateVersion> versions = new HashMap<>();

  @GuardedBy("lock")
  private final List<Consumer<Change>> watchers = new ArrayList<>();

  @GuardedBy("lock")
  private boolean ready;

  /** Creates a cache that is empty and not ready. */
  public ResourceCache() {}

  /** Applies all of an update or, where every resource already has that version, nothing. */
  public void apply(CacheUpdate update) {
    lock.lock();
    try {
      Set<Scope> known = new LinkedHashSet<>();
      for (Scope scope : update.declared()) {
        if (scopes.putIfAbsent(scope, new HashMap<>()) == null) {
          known.add(scope);
        }
      }
      List<CacheUpdate.Entry> changed = new ArrayList<>();
      for (CacheUpdate.Entry entry : update.entries()) {
        if (store(entry)) {
          changed.add(entry);
        }
      }
      for (CacheUpdate.StateVersion version : update.versions()) {
        versions.put(new Versioned(version.scope(), version.type()), version);
      }
      if (!changed.isEmpty() || !known.isEmpty() || !update.versions().isEmpty()) {
        publish(new Change(ready, known, changed, update.versions()));
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean store(CacheUpdate.Entry entry) {
    Map<ResourceKey, EncodedResource> resources =
        scopes.computeIfAbsent(entry.scope(), s -> new HashMap<>());
    EncodedResource next = entry.resource().orElse(null);
    if (next == null) {
      return resources.remove(entry.key()) != null;
    }
    EncodedResource now = resources.get(entry.key());
    if (now != null && now.sameVersion(next)) {
      return false;
    }
    resources.put(entry.key(), next);
    return true;
  }

  /** Lets servers answer: the first snapshot is complete. Calling again changes nothing. */
  public void markReady() {
    lock.lock();
    try {
      if (!ready) {
        ready = true;
        publish(new Change(true, Set.of(), List.of(), List.of()));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether servers may answer. */
  public boolean ready() {
    lock.lock();
    try {
      return ready;
    } finally {
      lock.unlock();
    }
  }

  /** The resource in this very scope; empty where it is hidden there. */
  public Optional<EncodedResource> get(Scope scope, ResourceKey key) {
    lock.lock();
    try {
      return Optional.ofNullable(scopes.getOrDefault(scope, Map.of()).get(key))
          .filter(resource -> !resource.hides());
    } finally {
      lock.unlock();
    }
  }

  /** A copy of all that a scope holds; empty where the scope is not known. */
  public Map<ResourceKey, EncodedResource> contents(Scope scope) {
    lock.lock();
    try {
      Map<ResourceKey, EncodedResource> held = new HashMap<>(scopes.getOrDefault(scope, Map.of()));
      held.values().removeIf(EncodedResource::hides);
      return Map.copyOf(held);
    } finally {
      lock.unlock();
    }
  }

  /** The scopes that updates have named. */
  public Set<Scope> knownScopes() {
    lock.lock();
    try {
      return Set.copyOf(scopes.keySet());
    } finally {
      lock.unlock();
    }
  }

  /** Adds a watcher, which is first given all there is. It must only queue what it is given. */
  void watch(Consumer<Change> watcher) {
    lock.lock();
    try {
      List<CacheUpdate.Entry> all = new ArrayList<>();
      scopes.forEach((scope, resources) ->
          resources.forEach((key, resource) ->
              all.add(new CacheUpdate.Entry(scope, key, Optional.of(resource)))));
      watcher.accept(
          new Change(ready, Set.copyOf(scopes.keySet()), all, List.copyOf(versions.values())));
      watchers.add(watcher);
    } finally {
      lock.unlock();
    }
  }

  void unwatch(Consumer<Change> watcher) {
    lock.lock();
    try {
      watchers.remove(watcher);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void publish(Change change) {
    for (Consumer<Change> watcher : watchers) {
      watcher.accept(change);
    }
  }
}
