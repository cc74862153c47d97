package io.heddle.xds.server;

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
}
