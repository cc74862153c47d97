package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One scope as one shard sees it, and which subscriptions care for what. Owned by the shard. */
final class ScopeView {
  private static final class OfType {
    final Map<String, EncodedResource> resources = new HashMap<>();
    final Map<String, Set<Subscription>> byName = new HashMap<>();
    final Set<Subscription> toAll = new HashSet<>();
  }

  private final Map<ResourceType, OfType> types = new EnumMap<>(ResourceType.class);
  private boolean known;

  ScopeView() {
    for (ResourceType type : ServedTypes.ALL) {
      types.put(type, new OfType());
    }
  }

  private OfType of(ResourceType type) {
    OfType found = types.get(type);
    if (found == null) {
      throw new IllegalStateException(type + " (expected: a type known when this was built)");
    }
    return found;
  }

  boolean known() {
    return known;
  }

  void becomeKnown() {
    known = true;
  }

  @Nullable EncodedResource get(ResourceType type, String name) {
    return of(type).resources.get(name);
  }

  Set<String> names(ResourceType type) {
    return of(type).resources.keySet();
  }

  void set(ResourceKey key, @Nullable EncodedResource resource) {
    Map<String, EncodedResource> resources = of(key.type()).resources;
    if (resource == null) {
      resources.remove(key.name());
    } else {
      resources.put(key.name(), resource);
    }
  }

  void interested(ResourceKey key, Consumer<Subscription> visitor) {
    OfType of = of(key.type());
    of.toAll.forEach(visitor);
    of.byName.getOrDefault(key.name(), Set.of()).forEach(visitor);
  }

  void addToAll(Subscription subscription) {
    of(subscription.type()).toAll.add(subscription);
  }

  void removeFromAll(Subscription subscription) {
    of(subscription.type()).toAll.remove(subscription);
  }

  void add(String name, Subscription subscription) {
    of(subscription.type()).byName.computeIfAbsent(name, n -> new HashSet<>(4)).add(subscription);
  }

  void remove(String name, Subscription subscription) {
    of(subscription.type())
        .byName
        .computeIfPresent(
            name,
            (n, subscriptions) -> {
              subscriptions.remove(subscription);
              return subscriptions.isEmpty() ? null : subscriptions;
            });
  }
}
