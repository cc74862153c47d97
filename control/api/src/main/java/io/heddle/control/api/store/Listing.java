package io.heddle.control.api.store;

import io.heddle.control.api.resource.ResourceObject;
import java.util.List;

/** Objects of one state of the store. */
public record Listing(Revision revision, List<ResourceObject> objects) {
  public Listing {
    objects = List.copyOf(objects);
  }
}
