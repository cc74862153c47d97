package io.heddle.control.api.analysis;

import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts what answers behind Services, each once. Owned by the thread that made it. */
final class HealthyEndpoints {
  private final Map<ObjectKey, ResourceObject> objects;
  private final Map<ServiceKey, List<Map<String, String>>> registered = new HashMap<>();
  private final Map<String, List<Map<String, String>>> byNamespace = new HashMap<>();
  private final Map<ObjectKey, Integer> counted = new HashMap<>();

  HealthyEndpoints(
      Map<ObjectKey, ResourceObject> objects, Collection<RegisteredInstance> instances) {
    this.objects = objects;
    for (RegisteredInstance instance : instances) {
      if (instance.health() == Health.HEALTHY) {
        add(instance.namespace(), instance.service(), instance.effectiveLabels());
      }
    }
    for (ResourceObject object : objects.values()) {
      if (object.spec() instanceof WorkloadEntrySpec stated) {
        WorkloadEntrySpec entry = stated.completedFrom(object.metadata().namespace(), objects);
        add(object.metadata().namespace(), entry.service(), entry.effectiveLabels());
      }
    }
  }

  private void add(String namespace, String service, Map<String, String> labels) {
    registered
        .computeIfAbsent(new ServiceKey(namespace, service), k -> new ArrayList<>())
        .add(labels);
    byNamespace.computeIfAbsent(namespace, n -> new ArrayList<>()).add(labels);
  }

  /** How many healthy endpoints a Service has; none where there is no such Service. */
  int of(ObjectKey service) {
    Integer known = counted.get(service);
    if (known == null) {
      known = count(service);
      counted.put(service, known);
    }
    return known;
  }

  private int count(ObjectKey key) {
    ResourceObject object = objects.get(key);
    if (key.kind() != Kind.SERVICE
        || object == null
        || !(object.spec() instanceof ServiceSpec service)) {
      return 0;
    }
    String name = service.effectiveSelector(key.name()).getOrDefault(ServiceSpec.SERVICE_LABEL, "");
    List<Map<String, String>> candidates =
        name.isEmpty()
            ? byNamespace.getOrDefault(key.namespace(), List.of())
            : registered.getOrDefault(new ServiceKey(key.namespace(), name), List.of());
    int count = 0;
    for (Map<String, String> labels : candidates) {
      if (service.selects(key.name(), labels)) {
        count++;
      }
    }
    return count;
  }
}
