package io.heddle.control.api.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import java.util.List;
import java.util.Optional;

/** How a write ended. */
public sealed interface WriteResult {
  /**
   * All mutations hold, durably; or would, for a dry run.
   *
   * @param revision the state in which they hold; of a dry run, the state they were tried against
   * @param outcomes one for each mutation, in their order
   */
  record Applied(Revision revision, List<Outcome> outcomes, boolean dryRun) implements WriteResult {
    public Applied {
      outcomes = List.copyOf(outcomes);
    }
  }

  /** Nothing was changed: these preconditions did not hold. */
  record Refused(List<Conflict> conflicts) implements WriteResult {
    public Refused {
      conflicts = List.copyOf(conflicts);
    }
  }

  /** What became of one mutation. */
  sealed interface Outcome {
    ObjectKey key();

    /** The object as it now stands, unless it is gone. */
    default Optional<ResourceObject> object() {
      return switch (this) {
        case Created created -> Optional.of(created.now());
        case Configured configured -> Optional.of(configured.now());
        case Unchanged unchanged -> Optional.of(unchanged.now());
        case Deleted _, NotFound _ -> Optional.empty();
      };
    }
  }

  record Created(ResourceObject now) implements Outcome {
    @Override
    public ObjectKey key() {
      return now.key();
    }
  }

  record Configured(ResourceObject before, ResourceObject now) implements Outcome {
    @Override
    public ObjectKey key() {
      return now.key();
    }
  }

  record Unchanged(ResourceObject now) implements Outcome {
    @Override
    public ObjectKey key() {
      return now.key();
    }
  }

  record Deleted(ResourceObject before) implements Outcome {
    @Override
    public ObjectKey key() {
      return before.key();
    }
  }

  /** A delete of what was not there. */
  record NotFound(ObjectKey key) implements Outcome {}

  /** A precondition that did not hold, in words: {@code offending} is what the store has. */
  record Conflict(ObjectKey key, String offending, String expected) {}
}
