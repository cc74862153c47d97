package io.heddle.control.core.rollout;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Precondition;
import io.heddle.control.api.store.Revision;

/** What a rollout does to one object. */
public sealed interface Proposal {
  ObjectKey key();

  /** The write that it comes to; it fails where the object is no longer as it was. */
  Mutation mutation();

  /**
   * The object is created or changed.
   *
   * @param object as the store would keep it
   * @param before the resource version that it has now; {@link Revision#NONE} where there is none
   */
  record Put(ResourceObject object, Revision before) implements Proposal {
    @Override
    public ObjectKey key() {
      return object.key();
    }

    @Override
    public Mutation mutation() {
      ResourceObject plain =
          ResourceObject.of(object.metadata().stored(0, "", "", ""), object.spec());
      return new Mutation.Put(plain, unchanged(before));
    }
  }

  /** The object is removed. */
  record Remove(ObjectKey key, Revision before) implements Proposal {
    @Override
    public Mutation mutation() {
      return new Mutation.Delete(key, unchanged(before));
    }
  }

  private static Precondition unchanged(Revision before) {
    return before.equals(Revision.NONE) ? Precondition.ABSENT : new Precondition.Unchanged(before);
  }
}
