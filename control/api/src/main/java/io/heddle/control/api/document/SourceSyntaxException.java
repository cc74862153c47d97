package io.heddle.control.api.document;

/** A document that is not YAML or JSON, or more than we are willing to read. */
final class SourceSyntaxException extends Exception {
  private final int line;
  private final String offending;
  private final String expected;

  SourceSyntaxException(int line, String offending, String expected) {
    super(offending);
    this.line = line;
    this.offending = offending;
    this.expected = expected;
  }

  int line() {
    return line;
  }

  String offending() {
    return offending;
  }

  String expected() {
    return expected;
  }
}
