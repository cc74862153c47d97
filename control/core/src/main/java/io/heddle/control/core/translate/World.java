package io.heddle.control.core.translate;

import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.LocalityWeighting;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ReferenceGrantSpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The present inputs, with the indexes that say who selects whom. Owned by its translator's thread.
 */
final class World {
  private final NavigableMap<ObjectKey, ResourceObject> objects = new TreeMap<>();
  private final NavigableMap<ServiceKey, List<RegisteredInstance>> instances = new TreeMap<>();

  /** Services by the registered name that their selector asks for. */
  private final Map<ServiceKey, Set<ObjectKey>> byRegisteredName = new HashMap<>();

  /** Services of a namespace whose selector names no registered name. */
  private final Map<String, Set<ObjectKey>> byOtherLabels = new HashMap<>();

  /** The share of its weight that a locality has, in percent, where it is not all of it. */
  private Map<ObjectKey, Map<Locality, Integer>> shares = Map.of();

  Map<ObjectKey, Map<Locality, Integer>> shares() {
    return shares;
  }

  /** The services of which they are others now. */
  Set<ObjectKey> shares(Map<ObjectKey, Map<Locality, Integer>> now) {
    Set<ObjectKey> changed = new TreeSet<>(now.keySet());
    changed.addAll(shares.keySet());
    Map<ObjectKey, Map<Locality, Integer>> before = shares;
    changed.removeIf(
        key -> now.getOrDefault(key, Map.of()).equals(before.getOrDefault(key, Map.of())));
    shares = Map.copyOf(now);
    return changed;
  }

  Map<ObjectKey, ResourceObject> objects() {
    return Collections.unmodifiableMap(objects);
  }

  Map<ServiceKey, List<RegisteredInstance>> instances() {
    return Collections.unmodifiableMap(instances);
  }

  Optional<RegisteredInstance> instance(ServiceKey service, String instance) {
    return instances.getOrDefault(service, List.of()).stream()
        .filter(one -> one.instance().equals(instance))
        .findFirst();
  }

  @Nullable ResourceObject put(ResourceObject object) {
    ResourceObject before = remove(object.key());
    objects.put(object.key(), object);
    if (object.spec() instanceof ServiceSpec) {
      selectors(object).add(object.key());
    }
    return before;
  }

  @Nullable ResourceObject remove(ObjectKey key) {
    ResourceObject before = objects.remove(key);
    if (before != null && before.spec() instanceof ServiceSpec) {
      selectors(before).remove(key);
    }
    return before;
  }

  private Set<ObjectKey> selectors(ResourceObject service) {
    String namespace = service.metadata().namespace();
    String registered = registeredName(service);
    return registered.isEmpty()
        ? byOtherLabels.computeIfAbsent(namespace, n -> new TreeSet<>())
        : byRegisteredName.computeIfAbsent(
            new ServiceKey(namespace, registered), k -> new TreeSet<>());
  }

  private static String registeredName(ResourceObject service) {
    return ((ServiceSpec) service.spec())
        .effectiveSelector(service.metadata().name())
        .getOrDefault(ServiceSpec.SERVICE_LABEL, "");
  }

  /** Replaces the instances of a service and returns the Services whose endpoints may differ. */
  Set<ObjectKey> instances(ServiceKey key, List<RegisteredInstance> now) {
    List<RegisteredInstance> before =
        now.isEmpty() ? instances.remove(key) : instances.put(key, List.copyOf(now));
    Set<ObjectKey> affected = new LinkedHashSet<>();
    for (RegisteredInstance instance : differing(before == null ? List.of() : before, now)) {
      affected.addAll(selecting(key.namespace(), instance.effectiveLabels()));
    }
    return affected;
  }

  private static List<RegisteredInstance> differing(
      List<RegisteredInstance> before, List<RegisteredInstance> now) {
    Set<Object> old = new LinkedHashSet<>();
    before.forEach(instance -> old.add(relevant(instance)));
    Set<Object> present = new LinkedHashSet<>();
    now.forEach(instance -> present.add(relevant(instance)));
    List<RegisteredInstance> differing = new ArrayList<>();
    before.stream().filter(i -> !present.contains(relevant(i))).forEach(differing::add);
    now.stream().filter(i -> !old.contains(relevant(i))).forEach(differing::add);
    return differing;
  }

  /** What of an instance its endpoint is made of. */
  private static Object relevant(RegisteredInstance instance) {
    return List.of(
        instance.key(),
        instance.address(),
        instance.port(),
        instance.weight(),
        instance.health() == Health.HEALTHY,
        instance.labels());
  }

  /** The Services that pick something with these labels. */
  Set<ObjectKey> selecting(String namespace, Map<String, String> labels) {
    Set<ObjectKey> found = new LinkedHashSet<>();
    ServiceKey registered =
        new ServiceKey(namespace, labels.getOrDefault(ServiceSpec.SERVICE_LABEL, ""));
    for (ObjectKey key : byRegisteredName.getOrDefault(registered, Set.of())) {
      addIfSelecting(key, labels, found);
    }
    for (ObjectKey key : byOtherLabels.getOrDefault(namespace, Set.of())) {
      addIfSelecting(key, labels, found);
    }
    return found;
  }

  private void addIfSelecting(ObjectKey key, Map<String, String> labels, Set<ObjectKey> found) {
    ResourceObject service = objects.get(key);
    if (service != null && ((ServiceSpec) service.spec()).selects(key.name(), labels)) {
      found.add(key);
    }
  }

  Collection<ResourceObject> ofKind(Kind kind) {
    List<ResourceObject> found = new ArrayList<>();
    // Keys are ordered by kind first.
    for (ResourceObject object : objects.tailMap(new ObjectKey(kind, "\0", "\0")).values()) {
      if (object.kind() != kind) {
        break;
      }
      found.add(object);
    }
    return found;
  }

  /** Fills in the addresses behind a Service, and the entries that took part. */
  void collect(ResourceObject service, Endpoints.Collected out, Map<ObjectKey, Long> from) {
    ServiceSpec spec = (ServiceSpec) service.spec();
    String namespace = service.metadata().namespace();
    String name = service.metadata().name();
    if (LocalityWeighting.byLoad(service)) {
      out.weigh(shares.getOrDefault(service.key(), Map.of()));
    }
    for (List<RegisteredInstance> group : candidates(namespace, registeredName(service))) {
      for (RegisteredInstance instance : group) {
        if (instance.health() == Health.HEALTHY
            && HostPort.isIpLiteral(instance.address())
            && spec.selects(name, instance.effectiveLabels())) {
          out.add(
              new HostPort(instance.address(), instance.port()),
              instance.weight(),
              instance.locality());
        }
      }
    }
    String port = spec.ports().isEmpty() ? "" : spec.ports().getFirst().name();
    for (ResourceObject object : entries(namespace)) {
      WorkloadEntrySpec entry = entry(object);
      if (spec.selects(name, entry.effectiveLabels())) {
        from.put(object.key(), object.metadata().generation());
        group(object).ifPresent(group -> from.put(group.key(), group.metadata().generation()));
        if (HostPort.isIpLiteral(entry.address()) && entry.portFor(port) != 0) {
          out.add(
              new HostPort(entry.address(), entry.portFor(port)), entry.weight(), entry.locality());
        }
      }
    }
  }

  private Collection<List<RegisteredInstance>> candidates(String namespace, String registered) {
    if (!registered.isEmpty()) {
      return Optional.ofNullable(instances.get(new ServiceKey(namespace, registered)))
          .map(List::of)
          .orElse(List.of());
    }
    return instances
        .subMap(new ServiceKey(namespace, ""), new ServiceKey(namespace + "\0", ""))
        .values();
  }

  /** An entry with what its group says. */
  WorkloadEntrySpec entry(ResourceObject object) {
    return ((WorkloadEntrySpec) object.spec())
        .completedFrom(object.metadata().namespace(), objects);
  }

  /** The group that an entry names, where it exists. */
  Optional<ResourceObject> group(ResourceObject entry) {
    String name = ((WorkloadEntrySpec) entry.spec()).group();
    return name.isEmpty()
        ? Optional.empty()
        : find(new ObjectKey(Kind.WORKLOAD_GROUP, entry.metadata().namespace(), name));
  }

  Collection<ResourceObject> entries(String namespace) {
    return inNamespace(Kind.WORKLOAD_ENTRY, namespace);
  }

  Collection<ResourceObject> inNamespace(Kind kind, String namespace) {
    return objects
        .subMap(new ObjectKey(kind, namespace, "\0"), new ObjectKey(kind, namespace + "\0", "\0"))
        .values();
  }

  Optional<ResourceObject> find(ObjectKey key) {
    return Optional.ofNullable(objects.get(key));
  }

  /**
   * Whether an object of that kind and namespace may refer to this one: it is of the same
   * namespace, or a ReferenceGrant there says so.
   *
   * @see <a href="https://gateway-api.sigs.k8s.io/api-types/referencegrant/">ReferenceGrant</a>
   */
  boolean mayRefer(Kind from, String namespace, ObjectKey target) {
    if (target.namespace().equals(namespace)) {
      return true;
    }
    for (ResourceObject grant : inNamespace(Kind.REFERENCE_GRANT, target.namespace())) {
      if (((ReferenceGrantSpec) grant.spec()).admits(from, namespace, target)) {
        return true;
      }
    }
    return false;
  }

  /** The ports of a Service. */
  static List<ServiceSpec.Port> ports(ResourceObject service) {
    return ((ServiceSpec) service.spec()).ports();
  }

  /** Those of the two that are there. */
  static List<ResourceObject> present(
      @Nullable ResourceObject before, @Nullable ResourceObject after) {
    List<ResourceObject> all = new ArrayList<>();
    if (before != null) {
      all.add(before);
    }
    if (after != null) {
      all.add(after);
    }
    return all;
  }
}
