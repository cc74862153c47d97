package io.heddle.control.api.store;

/** What must hold of the stored object when a mutation is applied. */
public sealed interface Precondition {
  Precondition ANY = Always.ANY;
  Precondition ABSENT = Presence.ABSENT;
  Precondition PRESENT = Presence.PRESENT;

  /** Nothing must hold. */
  enum Always implements Precondition {
    ANY
  }

  /** The object must not exist, or must. */
  enum Presence implements Precondition {
    ABSENT,
    PRESENT
  }

  /** The object must exist and be as it was when the writer read it. */
  record Unchanged(Revision since) implements Precondition {}
}
