package io.heddle.xds.model;

/**
 * Why a resource was refused: what stood where, and what would have been accepted.
 *
 * <p>Values from outside are cut at {@value #LONGEST_VALUE} characters and freed of control
 * characters, so that an error can go to a log line and into a NACK as it is.
 *
 * @param resource the resource's type and name, such as {@code Cluster orders}
 * @param field the path of the field within the resource, such as {@code
 *     filter_chains[0].filters[1].typed_config.stat_prefix}; empty for the resource as a whole
 * @param offending the value that was found
 * @param expected what is accepted there
 */
public record ConfigError(String resource, String field, String offending, String expected) {

  /** The longest offending value that an error repeats, in characters. */
  public static final int LONGEST_VALUE = 200;

  public ConfigError {
    offending = printable(offending);
    field = printable(field);
    resource = printable(resource);
  }

  /** One line: resource, field, what was found and what was expected. */
  public String message() {
    String where = field.isEmpty() ? resource : resource + ": " + field;
    return where + ": found " + offending + ", expected " + expected;
  }

  @Override
  public String toString() {
    return message();
  }

  private static String printable(String value) {
    boolean cut = value.length() > LONGEST_VALUE;
    StringBuilder out = new StringBuilder(Math.min(value.length(), LONGEST_VALUE) + 3);
    for (int i = 0; i < value.length() && i < LONGEST_VALUE; i++) {
      char c = value.charAt(i);
      out.append(Character.isISOControl(c) ? '?' : c);
    }
    return cut ? out.append("...").toString() : out.toString();
  }
}
