package io.heddle.cli;

import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.Terminal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What {@code -f} names: files, folders of YAML and JSON files, or {@code -} for standard input.
 */
final class InputFiles {
  /** What the control plane takes in one request; a file is one request. */
  private static final int LARGEST = 4 << 20;

  private InputFiles() {}

  /** A file's name as the user gave it, and its text. */
  record Input(String name, String text) {}

  static List<Input> read(Terminal terminal, List<String> names) {
    List<Input> inputs = new ArrayList<>();
    for (String name : names) {
      try {
        if (name.equals("-")) {
          inputs.add(
              new Input("(standard input)", text(terminal.in().readNBytes(LARGEST + 1), name)));
          continue;
        }
        for (Path path : filesOf(Path.of(name))) {
          if (Files.size(path) > LARGEST) {
            throw tooLarge(path.toString());
          }
          inputs.add(new Input(path.toString(), text(Files.readAllBytes(path), path.toString())));
        }
      } catch (IOException e) {
        throw new CommandFailure(
            Finding.FILE_UNREADABLE.about(name, "cannot be read: " + e.getMessage()), e);
      }
    }
    if (inputs.isEmpty()) {
      throw new CommandFailure(
          Finding.FILE_UNREADABLE.about(String.join(", ", names), "no .yaml, .yml or .json in it"));
    }
    return inputs;
  }

  private static List<Path> filesOf(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> children = Files.list(path)) {
      return children
          .filter(child -> child.toString().matches(".*\\.(yaml|yml|json)"))
          .sorted()
          .toList();
    }
  }

  private static String text(byte[] bytes, String name) {
    if (bytes.length > LARGEST) {
      throw tooLarge(name);
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static CommandFailure tooLarge(String name) {
    return new CommandFailure(
        Finding.FILE_UNREADABLE.about(name, "larger than 4 MiB (expected: at most 4 MiB a file)"));
  }
}
