package io.heddle.control.core.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.StoreEvent;

/** A change of one object that a write makes. */
sealed interface Change {
  ObjectKey key();

  record Create(ResourceObject after) implements Change {
    @Override
    public ObjectKey key() {
      return after.key();
    }
  }

  record Replace(ResourceObject before, ResourceObject after) implements Change {
    @Override
    public ObjectKey key() {
      return after.key();
    }
  }

  record Remove(ResourceObject before) implements Change {
    @Override
    public ObjectKey key() {
      return before.key();
    }
  }

  /** As watchers hear of it. */
  default StoreEvent event() {
    return switch (this) {
      case Create create -> new StoreEvent.Updated(create.after());
      case Replace replace -> new StoreEvent.Updated(replace.after());
      case Remove remove -> new StoreEvent.Removed(remove.key());
    };
  }
}
