package io.heddle.control.api.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;

/** One change of an object. */
public sealed interface StoreEvent {
  ObjectKey key();

  /** The object was created or replaced. */
  record Updated(ResourceObject object) implements StoreEvent {
    @Override
    public ObjectKey key() {
      return object.key();
    }
  }

  record Removed(ObjectKey key) implements StoreEvent {}
}
