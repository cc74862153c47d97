package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.Objects;

/** What a resource is called: unique within its type and scope. */
public record ResourceKey(ResourceType type, String name) {
  /** Refuses a name that no client can ask for. */
  public ResourceKey {
    Objects.requireNonNull(type, "type");
    if (name.isEmpty() || name.equals(Interest.WILDCARD)) {
      throw new IllegalArgumentException(
          "resource name: \"" + name + "\" (expected: neither empty nor \"*\")");
    }
  }
}
