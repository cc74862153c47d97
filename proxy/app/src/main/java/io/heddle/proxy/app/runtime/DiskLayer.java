package io.heddle.proxy.app.runtime;

import io.heddle.xds.model.RuntimeValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads a folder in which each file is a value: its path, with dots between the parts, is the key.
 * Lines that begin with {@code #} are comments.
 */
final class DiskLayer {
  private static final int DEEPEST = 16;
  private static final int MOST_KEYS = 100_000;
  private static final long MOST_BYTES = 64 * 1024;

  private DiskLayer() {}

  /**
   * All values below the folder; none where it is not there.
   *
   * @throws IOException where something of it cannot be read or is too much
   */
  static Map<String, RuntimeValue> read(Path folder) throws IOException {
    Map<String, RuntimeValue> values = new HashMap<>();
    if (Files.isDirectory(folder)) {
      walk(folder, "", values, 0);
    }
    return values;
  }

  private static void walk(Path folder, String prefix, Map<String, RuntimeValue> values, int depth)
      throws IOException {
    if (depth > DEEPEST) {
      throw new IOException(folder + ": found more than " + DEEPEST + " levels, expected fewer");
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        String key = prefix.isEmpty() ? name : prefix + '.' + name;
        if (Files.isDirectory(entry)) {
          walk(entry, key, values, depth + 1);
        } else if (Files.isRegularFile(entry)) {
          if (values.size() == MOST_KEYS) {
            throw new IOException(
                folder + ": found more than " + MOST_KEYS + " keys, expected fewer");
          }
          values.put(key, value(entry));
        }
      }
    }
  }

  private static RuntimeValue value(Path file) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new IOException(
          file + ": found " + Files.size(file) + " bytes, expected at most " + MOST_BYTES);
    }
    StringBuilder text = new StringBuilder();
    String content = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    for (String line : content.split("\n", -1)) {
      if (!line.startsWith("#")) {
        text.append(text.isEmpty() ? "" : "\n").append(line);
      }
    }
    return RuntimeValue.ofText(text.toString());
  }
}
