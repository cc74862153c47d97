package io.heddle.proxy.app;

/** Which build this is. */
final class Version {
  private Version() {}

  /** The version in the jar's manifest; {@code dev} outside of a jar. */
  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }
}
