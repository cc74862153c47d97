package io.heddle.control.core.shared;

/** The shared store did not answer, or refused; the message names it, the cause and the mend. */
public final class SharedKeysException extends RuntimeException {
  private final boolean outcomeKnown;

  /**
   * What went wrong.
   *
   * @param outcomeKnown whether nothing was done for sure
   */
  public SharedKeysException(String message, boolean outcomeKnown, Throwable cause) {
    super(message, cause);
    this.outcomeKnown = outcomeKnown;
  }

  /** Whether nothing was done for sure. */
  public boolean outcomeKnown() {
    return outcomeKnown;
  }
}
