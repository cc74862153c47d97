package io.heddle.cli;

/** The command line asks for something that cannot be meant; ends the verb with exit code 64. */
final class UsageFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private UsageFailure(String message, Throwable cause) {
    super(message, cause);
  }

  private UsageFailure(String message) {
    super(message);
  }

  static UsageFailure of(String message) {
    return new UsageFailure(message);
  }

  static UsageFailure of(String message, Throwable cause) {
    return new UsageFailure(message, cause);
  }
}
