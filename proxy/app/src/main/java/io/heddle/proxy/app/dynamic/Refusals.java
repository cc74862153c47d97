package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.ConfigError;
import java.util.List;

/** Words why a resource is refused. */
final class Refusals {
  private Refusals() {}

  /** All errors in one line. */
  static String text(List<ConfigError> errors) {
    StringBuilder out = new StringBuilder();
    for (ConfigError error : errors) {
      if (!out.isEmpty()) {
        out.append("; ");
      }
      out.append(error.message());
    }
    return out.toString();
  }

  /** A dynamic resource may not take the name of a static one. */
  static String takenByStatic(String noun, String name) {
    return noun
        + " "
        + name
        + ": name: found "
        + name
        + ", expected one that no static "
        + noun.toLowerCase(java.util.Locale.ROOT)
        + " of the bootstrap has";
  }
}
