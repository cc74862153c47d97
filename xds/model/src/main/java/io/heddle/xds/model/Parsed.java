package io.heddle.xds.model;

import java.util.List;

/**
 * What came of reading one resource: the whole of it, or every reason why not.
 *
 * @param <T> the validated record
 */
public sealed interface Parsed<T> permits Parsed.Ok, Parsed.Refused {

  /**
   * The resource is valid.
   *
   * @param warnings fields that were set and have no effect
   * @param unknownFields how many fields our descriptors do not know; they were ignored
   */
  record Ok<T>(T value, List<ConfigWarning> warnings, int unknownFields) implements Parsed<T> {
    public Ok {
      warnings = List.copyOf(warnings);
    }

    @Override
    public String message() {
      return "";
    }
  }

  /** The resource is refused whole; {@code errors} is never empty. */
  record Refused<T>(List<ConfigError> errors) implements Parsed<T> {
    public Refused {
      errors = List.copyOf(errors);
      if (errors.isEmpty()) {
        throw new IllegalArgumentException("a refusal has at least one error");
      }
    }

    @Override
    public String message() {
      StringBuilder out = new StringBuilder();
      for (ConfigError error : errors) {
        if (!out.isEmpty()) {
          out.append("; ");
        }
        out.append(error.message());
      }
      return out.toString();
    }
  }

  /** All errors in one line, as a NACK carries them; empty where there are none. */
  String message();
}
