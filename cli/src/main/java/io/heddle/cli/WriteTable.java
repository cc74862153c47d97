package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import java.util.Locale;

/** Shows what became, or would become, of the objects of a write. */
final class WriteTable {
  private WriteTable() {}

  static void print(Terminal terminal, JsonNode results, boolean dryRun) {
    if (results.isEmpty()) {
      return;
    }
    Table table = new Table("NAME", "NAMESPACE", "ACTION", "REVISION");
    for (JsonNode result : results) {
      table.row(
          result.path("kind").asText().toLowerCase(Locale.ROOT)
              + "/"
              + result.path("name").asText(),
          result.path("namespace").asText("default"),
          result.path("action").asText() + (dryRun ? " (dry run)" : ""),
          result.path("revision").asText("-"));
    }
    table.print(terminal.out());
    if (dryRun) {
      ObjectDiff.print(terminal, results, "now", "then");
    }
  }

  /** Two lines each: what and where, how to mend. */
  static void findings(Terminal terminal, JsonNode findings) {
    for (JsonNode finding : findings) {
      String field = finding.path("field").asText("");
      terminal
          .out()
          .println(
              finding.path("code").asText()
                  + "  "
                  + finding.path("severity").asText("warning")
                  + ": "
                  + finding.path("object").asText()
                  + ": "
                  + (field.isEmpty() ? "" : field + ": ")
                  + finding.path("message").asText());
      terminal.out().println("          mend: " + finding.path("mend").asText());
    }
  }
}
