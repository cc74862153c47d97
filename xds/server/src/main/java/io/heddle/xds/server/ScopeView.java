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
  /** All that ask for the same names. */
  private static final class Group {
    final Set<Subscription> members = new HashSet<>(4);
  }

  private static final class OfType {
    final Map<String, EncodedResource> resources = new HashMap<>();

    /** By the set of names that they ask for, of which there are far fewer than subscriptions. */
    final Map<NameSet, Group> groups = new HashMap<>();

    /** Virtual hosts are also listed by their route configuration, as {@link HostNames#table}. */
    final Map<String, Set<Group>> byName = new HashMap<>();

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
    visit(of, key.name(), visitor);
    if (key.type() == ResourceType.VIRTUAL_HOSTS) {
      visit(of, HostNames.table(key.name()), visitor);
    }
  }

  private static void visit(OfType of, String name, Consumer<Subscription> visitor) {
    for (Group group : of.byName.getOrDefault(name, Set.of())) {
      group.members.forEach(visitor);
    }
  }

  void addToAll(Subscription subscription) {
    of(subscription.type()).toAll.add(subscription);
  }

  void removeFromAll(Subscription subscription) {
    of(subscription.type()).toAll.remove(subscription);
  }

  /** From now on the subscription is told of all names of the set. */
  void join(NameSet names, Subscription subscription) {
    OfType of = of(subscription.type());
    Group group = of.groups.get(names);
    if (group == null) {
      group = new Group();
      of.groups.put(names, group);
      for (String name : names.names()) {
        add(of, name, group);
      }
    }
    group.members.add(subscription);
  }

  void leave(NameSet names, Subscription subscription) {
    OfType of = of(subscription.type());
    Group group = of.groups.get(names);
    if (group != null && group.members.remove(subscription) && group.members.isEmpty()) {
      of.groups.remove(names);
      for (String name : names.names()) {
        remove(of, name, group);
      }
    }
  }

  /** A set that is not shared has got this name. */
  void added(NameSet names, ResourceType type, String name) {
    OfType of = of(type);
    Group group = of.groups.get(names);
    if (group != null) {
      add(of, name, group);
    }
  }

  /** A set that is not shared has this name no more. */
  void removed(NameSet names, ResourceType type, String name) {
    OfType of = of(type);
    Group group = of.groups.get(names);
    if (group != null) {
      remove(of, name, group);
    }
  }

  private static void add(OfType of, String name, Group group) {
    of.byName.computeIfAbsent(name, n -> new HashSet<>(4)).add(group);
  }

  private static void remove(OfType of, String name, Group group) {
    of.byName.computeIfPresent(
        name,
        (n, groups) -> {
          groups.remove(group);
          return groups.isEmpty() ? null : groups;
        });
  }
}
