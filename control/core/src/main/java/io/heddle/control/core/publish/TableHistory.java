package io.heddle.control.core.publish;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.core.translate.Produced;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which HTTPRoutes the newest versions of each route table held. Owned by the publisher's thread.
 */
final class TableHistory {
  private static final int VERSIONS = 32;

  private final Map<String, Map<String, Map<ObjectKey, ResourceObject>>> tables = new HashMap<>();

  /**
   * @param objects the present objects
   * @param instead what stands in for some of them
   */
  void record(
      Produced table,
      Map<ObjectKey, ResourceObject> objects,
      Map<ObjectKey, Optional<ResourceObject>> instead) {
    Map<ObjectKey, ResourceObject> routes = new HashMap<>();
    for (ObjectKey key : table.from().keySet()) {
      if (key.kind() == Kind.HTTP_ROUTE || key.kind() == Kind.GRPC_ROUTE) {
        Optional.ofNullable(instead.get(key))
            .orElseGet(() -> Optional.ofNullable(objects.get(key)))
            .ifPresent(object -> routes.put(key, object));
      }
    }
    Map<String, Map<ObjectKey, ResourceObject>> versions =
        tables.computeIfAbsent(table.resource().name(), n -> new LinkedHashMap<>());
    // The latest use counts, so that a version in force is not the first to be forgotten.
    versions.remove(table.resource().version());
    versions.put(table.resource().version(), routes);
    if (versions.size() > VERSIONS) {
      versions.remove(versions.keySet().iterator().next());
    }
  }

  Optional<Map<ObjectKey, ResourceObject>> routesOf(String table, String version) {
    return Optional.ofNullable(tables.getOrDefault(table, Map.of()).get(version));
  }

  void forget(String table) {
    tables.remove(table);
  }
}
