package io.heddle.control.api.store;

/**
 * What the history says of a revision.
 *
 * @param <T> what was asked for
 */
public sealed interface Recall<T> {
  /** The history reaches so far back. */
  record Known<T>(T value) implements Recall<T> {}

  /**
   * The history was cut off after that revision.
   *
   * @param oldest the oldest write that is kept
   */
  record Forgotten<T>(Revision oldest) implements Recall<T> {}

  /**
   * The store never made such a revision.
   *
   * @param newest the one that it made last
   */
  record Unknown<T>(Revision newest) implements Recall<T> {}
}
