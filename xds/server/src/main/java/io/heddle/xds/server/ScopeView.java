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

    /** Virtual hosts are also listed by their route configuration, as {@link HostNames#table}. */
    final Map<String, Set<Subscription>> byName = new HashMap<>();

    final Set<Subscription> toAll = new HashSet<>();
    @Nullable String version;

    /** How many of the resources are marks that hide others. */
    int hiding;
  }

  /** Of the few types that a scope has. */
  private final Map<ResourceType, OfType> types = new EnumMap<>(ResourceType.class);

  private final Map<String, HostTable> hosts = new HashMap<>();
  private boolean known;

  private OfType of(ResourceType type) {
    return types.computeIfAbsent(type, t -> new OfType());
  }

  boolean known() {
    return known;
  }

  void becomeKnown() {
    known = true;
  }

  /** Also the mark that hides the name in less specific scopes. */
  @Nullable EncodedResource get(ResourceType type, String name) {
    OfType of = types.get(type);
    return of == null ? null : of.resources.get(name);
  }

  /** The virtual host that answers to this name by one of its domains. */
  @Nullable EncodedResource host(String name) {
    HostTable table = hosts.get(HostNames.table(name));
    return table == null ? null : table.find(HostNames.host(name));
  }

  /** Whether {@link #names} has names that are only hidden here. */
  boolean hides(ResourceType type) {
    OfType of = types.get(type);
    return of != null && of.hiding > 0;
  }

  Set<String> names(ResourceType type) {
    OfType of = types.get(type);
    return of == null ? Set.of() : of.resources.keySet();
  }

  /** The version that the owner of the content gave to a type's whole state. */
  @Nullable String version(ResourceType type) {
    OfType of = types.get(type);
    return of == null ? null : of.version;
  }

  void version(ResourceType type, String version) {
    of(type).version = version;
  }

  void set(ResourceKey key, @Nullable EncodedResource resource) {
    OfType of = of(key.type());
    EncodedResource before =
        resource == null ? of.resources.remove(key.name()) : of.resources.put(key.name(), resource);
    of.hiding += (hides(resource) ? 1 : 0) - (hides(before) ? 1 : 0);
    if (key.type() == ResourceType.VIRTUAL_HOSTS) {
      setHost(key.name(), resource);
    }
  }

  private static boolean hides(@Nullable EncodedResource resource) {
    return resource != null && resource.hides();
  }

  private void setHost(String name, @Nullable EncodedResource host) {
    String tableName = HostNames.table(name);
    HostTable table = hosts.computeIfAbsent(tableName, t -> new HostTable());
    if (host == null) {
      table.remove(name);
    } else {
      table.put(host);
    }
    if (table.isEmpty()) {
      hosts.remove(tableName);
    }
  }

  void interested(ResourceKey key, Consumer<Subscription> visitor) {
    OfType of = of(key.type());
    of.toAll.forEach(visitor);
    of.byName.getOrDefault(key.name(), Set.of()).forEach(visitor);
    if (key.type() == ResourceType.VIRTUAL_HOSTS) {
      of.byName.getOrDefault(HostNames.table(key.name()), Set.of()).forEach(visitor);
    }
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
