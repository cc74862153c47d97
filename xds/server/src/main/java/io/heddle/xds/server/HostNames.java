package io.heddle.xds.server;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The names by which virtual hosts are asked for: a route configuration, a slash, and the host of a
 * request or the host's own name. As a host has no slash, the last one parts them.
 */
final class HostNames {
  private HostNames() {}

  /** The route configuration with its slash; empty where the name has none. */
  static String table(String name) {
    return name.substring(0, name.lastIndexOf('/') + 1);
  }

  /** What stands behind the last slash. */
  static String host(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** Those of the names that belong to the same route configuration. */
  static List<String> sharing(String name, Collection<String> names) {
    String table = table(name);
    List<String> found = new ArrayList<>();
    for (String other : names) {
      if (other.length() > table.length() && table(other).equals(table)) {
        found.add(other);
      }
    }
    return found;
  }
}
