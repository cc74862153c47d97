package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.output.Age;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Lists what was changed, newest first: which object, by whom, from where and how. All objects"
          + " of a line's revision were changed together."
    },
    footer = {
      "",
      "Examples:",
      "  heddle history",
      "  heddle history httproute/web -n shop",
      "  heddle history services --limit 200 -o json",
      "Exit codes: 0 done, 1 failed, 64 wrong usage."
    })
final class HistoryCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "KIND[/NAME]",
      description = "Only of this kind, or this object")
  private String of = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace; default: all, `default` with a NAME")
  private String namespace = "";

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "How many revisions, 1 to 1000; default: 50")
  private int limit = 50;

  @Option(names = "--before", paramLabel = "REV", description = "Only older ones")
  private String before = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  HistoryCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (limit < 1 || limit > 1_000) {
      throw UsageFailure.of("--limit: " + limit + " (expected: 1 to 1000)");
    }
    Map<String, String> filters = new LinkedHashMap<>();
    int slash = of.indexOf('/');
    String name = slash < 0 ? "" : of.substring(slash + 1);
    if (!of.isEmpty()) {
      filters.put("kind", KindWord.parse(slash < 0 ? of : of.substring(0, slash)).plural());
    }
    filters.put("namespace", namespace.isEmpty() && !name.isEmpty() ? "default" : namespace);
    filters.put("name", name);
    filters.put("before", before);
    filters.put("limit", limit == 50 ? "" : String.valueOf(limit));
    JsonNode answer = api.controlPlane(terminal).history(filters);
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> print(answer);
    }
    return ExitCode.OK;
  }

  private void print(JsonNode answer) {
    if (answer.path("revisions").isEmpty()) {
      terminal.err().println("No changes found.");
    } else {
      Table table =
          new Table("NAME", "NAMESPACE", "ACTION", "REVISION", "WHO", "FROM", "HOW", "AGE");
      String last = "";
      for (JsonNode revision : answer.path("revisions")) {
        last = revision.path("revision").asText();
        for (JsonNode change : revision.path("changes")) {
          table.row(
              change.path("kind").asText().toLowerCase(Locale.ROOT)
                  + "/"
                  + change.path("name").asText(),
              change.path("namespace").asText("default"),
              change.path("action").asText(),
              last,
              dash(revision.path("who").asText()),
              dash(revision.path("from").asText()),
              dash(revision.path("how").asText()),
              Age.since(revision.path("at").asText(""), terminal.clock()));
        }
      }
      table.print(terminal.out());
      if (answer.path("more").asBoolean()) {
        terminal.err().println("There are older ones: heddle history --before " + last);
      }
    }
    String oldest = answer.path("oldestRevision").asText("");
    if (!oldest.isEmpty() && !oldest.equals("1") && !answer.path("more").asBoolean()) {
      terminal.err().println("Revisions before " + oldest + " are no longer kept.");
    }
  }

  private static String dash(String text) {
    return text.isEmpty() ? "-" : text;
  }
}
