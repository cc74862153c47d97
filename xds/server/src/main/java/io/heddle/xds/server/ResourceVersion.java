package io.heddle.xds.server;

import io.heddle.xds.model.ResourceType;
import java.util.Objects;

/**
 * One resource in one version: what a piece of configuration became.
 *
 * @param version the content hash, or empty for "does not exist (any more)"
 */
public record ResourceVersion(ResourceType type, String name, String version) {
  /** Checks that nothing is missing. */
  public ResourceVersion {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(version, "version");
  }

  /** The state in which no proxy holds this resource. */
  public static ResourceVersion absent(ResourceType type, String name) {
    return new ResourceVersion(type, name, "");
  }

  /** The name without the version. */
  public ResourceKey key() {
    return new ResourceKey(type, name);
  }
}
