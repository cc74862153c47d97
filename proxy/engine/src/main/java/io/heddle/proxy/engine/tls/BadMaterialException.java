package io.heddle.proxy.engine.tls;

/** Something that TLS is made with cannot be used. Never has a secret in its message. */
final class BadMaterialException extends Exception {
  private final String field;
  private final String offending;
  private final String expected;

  /** What is wrong with a field, for example of a certificate. */
  BadMaterialException(String field, String offending, String expected) {
    super(field + ": " + offending + " (expected: " + expected + ")");
    this.field = field;
    this.offending = offending;
    this.expected = expected;
  }

  String field() {
    return field;
  }

  String offending() {
    return offending;
  }

  String expected() {
    return expected;
  }
}
