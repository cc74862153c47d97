package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.List;
import java.util.Optional;

/** The types that this server has, in the order in which they are pushed. */
final class ServedTypes {
  static final List<ResourceType> ALL =
      List.of(
          ResourceType.CLUSTER, ResourceType.ENDPOINTS, ResourceType.LISTENER, ResourceType.ROUTES);

  private ServedTypes() {}

  /** The type with this URL, or empty where it is not served. */
  static Optional<ResourceType> ofTypeUrl(String typeUrl) {
    return ResourceType.ofTypeUrl(typeUrl).filter(ALL::contains);
  }

  /** What a branch over types does with one that is not served. */
  static IllegalStateException notServed(ResourceType type) {
    return new IllegalStateException(type + " (expected: a type that is served)");
  }
}
