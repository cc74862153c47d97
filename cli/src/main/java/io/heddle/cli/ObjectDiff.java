package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.output.UnifiedDiff;
import java.util.List;
import java.util.Locale;

/** Shows changes of objects as differences of their YAML. */
final class ObjectDiff {
  /** What the control plane fills in, and nobody writes. */
  private static final List<String> FILLED_IN =
      List.of("resourceVersion", "generation", "creationTimestamp", "uid");

  private ObjectDiff() {}

  /**
   * @param changes each with {@code before} and {@code after}, where it was there
   * @param from what to call the state before
   * @param to what to call the state after
   */
  static void print(Terminal terminal, JsonNode changes, String from, String to) {
    for (JsonNode change : changes) {
      String before = text(change.path("before"));
      String after = text(change.path("after"));
      String name =
          change.path("kind").asText().toLowerCase(Locale.ROOT)
              + "/"
              + change.path("namespace").asText("default")
              + "/"
              + change.path("name").asText();
      List<String> lines = UnifiedDiff.of(before, after);
      if (lines.isEmpty()) {
        continue;
      }
      head(terminal, "--- " + (before.isEmpty() ? "(none)" : name + " " + from));
      head(terminal, "+++ " + (after.isEmpty() ? "(none)" : name + " " + to));
      for (String line : lines) {
        terminal
            .out()
            .println(
                switch (line.charAt(0)) {
                  case '+' -> terminal.good(line);
                  case '-' -> terminal.bad(line);
                  case '@' -> terminal.strong(line);
                  default -> line;
                });
      }
    }
  }

  private static void head(Terminal terminal, String line) {
    terminal.out().println(terminal.strong(line));
  }

  private static String text(JsonNode object) {
    if (!(object instanceof ObjectNode tree) || tree.isEmpty()) {
      return "";
    }
    ObjectNode copy = tree.deepCopy();
    copy.remove("status");
    if (copy.get("metadata") instanceof ObjectNode metadata) {
      metadata.remove(FILLED_IN);
    }
    return Documents.yaml(copy);
  }
}
