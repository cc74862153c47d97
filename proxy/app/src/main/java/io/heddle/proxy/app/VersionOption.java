package io.heddle.proxy.app;

import java.util.ArrayList;
import java.util.List;

/**
 * Tells the two meanings of {@code --version} of a sidecar apart: alone it asks for the program's
 * version, with a value it is the version of the service.
 */
final class VersionOption {
  private VersionOption() {}

  /** The same arguments with {@code --version V} written as {@code --version-label V}. */
  static List<String> translate(List<String> args) {
    List<String> out = new ArrayList<>(args);
    for (int i = 0; i < out.size(); i++) {
      String arg = out.get(i);
      boolean hasValue = i + 1 < out.size() && !out.get(i + 1).startsWith("-");
      if (arg.equals("--version") && hasValue) {
        out.set(i, "--version-label");
      } else if (arg.startsWith("--version=")) {
        out.set(i, "--version-label=" + arg.substring("--version=".length()));
      }
    }
    return out;
  }
}
