package io.heddle.control.core.translate;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.Scope;
import java.util.Map;

/**
 * A resource, and the objects that it embodies.
 *
 * @param from each object with the generation that went in
 */
public record Produced(Scope scope, EncodedResource resource, Map<ObjectKey, Long> from) {
  /** Copies the map. */
  public Produced {
    from = Map.copyOf(from);
  }

  /** Scope and name. */
  public Place place() {
    return new Place(scope, resource.key());
  }
}
