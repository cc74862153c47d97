package io.heddle.control.api.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;

/** One change that a writer wants. */
public sealed interface Mutation {
  ObjectKey key();

  Precondition precondition();

  /** Creates or replaces. */
  record Put(ResourceObject object, Precondition precondition) implements Mutation {
    @Override
    public ObjectKey key() {
      return object.key();
    }

    /**
     * What kubectl's apply means: the object's own {@code resourceVersion}, when it has one, must
     * still hold.
     */
    public static Put of(ResourceObject object) {
      String version = object.metadata().resourceVersion();
      return new Put(
          object,
          version.isEmpty() ? Precondition.ANY : new Precondition.Unchanged(new Revision(version)));
    }
  }

  /** Removes; {@link Precondition#ANY} of an object that is not there is no change. */
  record Delete(ObjectKey key, Precondition precondition) implements Mutation {
    public static Delete of(ObjectKey key) {
      return new Delete(key, Precondition.ANY);
    }
  }
}
