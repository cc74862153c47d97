package io.heddle.control.core.rollout;

/** Something that was asked for and cannot be, with what is in the way and what would be right. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1;

  private final String subject;
  private final String offending;
  private final String expected;

  RefusedException(String subject, String offending, String expected) {
    super(subject + ": " + offending + " (expected: " + expected + ")");
    this.subject = subject;
    this.offending = offending;
    this.expected = expected;
  }

  /** An object, or what of the request is wrong. */
  public String subject() {
    return subject;
  }

  public String offending() {
    return offending;
  }

  public String expected() {
    return expected;
  }
}
