package io.heddle.cli.process;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds programs as a shell would. */
public final class Executables {
  private Executables() {}

  public static Optional<Path> find(String name) {
    String folders = System.getenv().getOrDefault("PATH", "");
    for (String folder : folders.split(File.pathSeparator, -1)) {
      if (!folder.isEmpty()) {
        Path candidate = Path.of(folder, name);
        if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
          return Optional.of(candidate);
        }
      }
    }
    return Optional.empty();
  }
}
