package io.heddle.proxy.api;

/** A filter's configuration is refused. */
public final class FilterConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String field;
  private final String offending;
  private final String expected;

  /**
   * Names what is wrong.
   *
   * @param field path below the filter's own message: {@code token_bucket.fill_interval}; may be
   *     empty
   * @param offending the value found
   * @param expected what would have been accepted
   */
  public FilterConfigException(String field, String offending, String expected) {
    super(
        (field.isEmpty() ? "" : field + ": ")
            + "\""
            + offending
            + "\" (expected: "
            + expected
            + ")");
    this.field = field;
    this.offending = offending;
    this.expected = expected;
  }

  /** Path below the filter's own message; may be empty. */
  public String field() {
    return field;
  }

  /** The value found. */
  public String offending() {
    return offending;
  }

  /** What would have been accepted. */
  public String expected() {
    return expected;
  }
}
