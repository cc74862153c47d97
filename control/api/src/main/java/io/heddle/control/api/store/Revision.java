package io.heddle.control.api.store;

/**
 * A state of the store, in the store's own words; also the {@code resourceVersion} of the objects
 * that it last changed. Only the store that gave it out can compare it.
 */
public record Revision(String token) {
  /** Before the first write. */
  public static final Revision NONE = new Revision("");

  public Revision {
    if (token.length() > 128) {
      throw new IllegalArgumentException(
          "revision: " + token.length() + " characters (expected: at most 128)");
    }
  }

  @Override
  public String toString() {
    return token.isEmpty() ? "none" : token;
  }
}
