package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Creates or changes the objects of files. All files are checked before the first is written:"
          + " one error anywhere and nothing changes."
    },
    footer = {
      "",
      "Examples:",
      "  heddle apply -f demo/canary.yaml",
      "  cat routes.yaml | heddle apply -f -",
      "Exit codes: 0 applied, 1 failed, 2 errors in the documents, 64 wrong usage."
    })
final class ApplyCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Option(
      names = {"-f", "--file"},
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "File, folder, or - for standard input")
  private List<String> files = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  ApplyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ControlPlane control = api.controlPlane(terminal);
    List<InputFiles.Input> inputs = InputFiles.read(terminal, files);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode errors = JsonNodeFactory.instance.arrayNode();
    ArrayNode results = answer.putArray("results");
    // A single file is one transaction of the server's; several are first checked one by one.
    if (inputs.size() > 1) {
      for (InputFiles.Input input : inputs) {
        ControlPlane.Answer checked = control.validate(input.name(), input.text());
        DocumentErrors.collect(errors, checked.body().path("errors"), input.name());
      }
    }
    for (InputFiles.Input input : errors.isEmpty() ? inputs : List.<InputFiles.Input>of()) {
      ControlPlane.Answer applied = control.apply(input.name(), input.text());
      applied.body().path("results").forEach(results::add);
      DocumentErrors.collect(errors, applied.body().path("errors"), input.name());
      if (!errors.isEmpty()) {
        break;
      }
    }
    if (!errors.isEmpty()) {
      answer.set("errors", errors);
    }
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> print(results, errors);
    }
    return errors.isEmpty() ? ExitCode.OK : ExitCode.FINDINGS;
  }

  private void print(ArrayNode results, ArrayNode errors) {
    if (!results.isEmpty()) {
      Table table = new Table("NAME", "NAMESPACE", "ACTION", "REVISION");
      for (JsonNode result : results) {
        table.row(
            result.path("kind").asText().toLowerCase(Locale.ROOT)
                + "/"
                + result.path("name").asText(),
            result.path("namespace").asText("default"),
            result.path("action").asText(),
            result.path("revision").asText("-"));
      }
      table.print(terminal.out());
    }
    if (!errors.isEmpty()) {
      DocumentErrors.print(terminal.out(), errors);
      terminal
          .err()
          .println(
              results.isEmpty()
                  ? "Nothing was changed: " + errors.size() + " error(s)."
                  : "Files before the one with errors were applied.");
    }
  }
}
