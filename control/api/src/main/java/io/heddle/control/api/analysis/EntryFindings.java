package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Judges declared instances: two in one place, and those that no Service picks. */
final class EntryFindings {
  private EntryFindings() {}

  static void of(Map<ObjectKey, ResourceObject> objects, List<Finding> out) {
    Map<String, List<ResourceObject>> services = new HashMap<>();
    for (ResourceObject object : objects.values()) {
      if (object.spec() instanceof ServiceSpec) {
        services.computeIfAbsent(object.metadata().namespace(), n -> new ArrayList<>()).add(object);
      }
    }
    Map<String, ObjectKey> places = new HashMap<>();
    for (ResourceObject object : objects.values()) {
      if (object.spec() instanceof WorkloadEntrySpec stated) {
        WorkloadEntrySpec entry = stated.completedFrom(object.metadata().namespace(), objects);
        for (int port : new TreeSet<>(entry.ports().values())) {
          String place = entry.address() + " port " + port;
          ObjectKey earlier = places.putIfAbsent(place, object.key());
          if (earlier != null) {
            out.add(
                new Finding(
                    FindingCode.ENTRY_TWICE,
                    object.key(),
                    "spec.address",
                    place + " is that of " + earlier));
          }
        }
        Map<String, String> labels = entry.effectiveLabels();
        boolean selected =
            services.getOrDefault(object.metadata().namespace(), List.of()).stream()
                .anyMatch(service ->
                    ((ServiceSpec) service.spec()).selects(service.metadata().name(), labels));
        if (!selected) {
          out.add(
              new Finding(
                  FindingCode.ENTRY_UNUSED,
                  object.key(),
                  "spec.service",
                  "no Service of the namespace selects it: it gets no requests"));
        }
      }
    }
  }
}
