package io.heddle.control.api.resource;

/** Checks port numbers. */
final class Ports {
  private Ports() {}

  static void check(String field, int port) {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException(field + ": " + port + " (expected: 1 to 65535)");
    }
  }

  /** As {@link #check}, where zero stands for "not stated". */
  static void checkOrNone(String field, int port) {
    if (port != 0) {
      check(field, port);
    }
  }
}
