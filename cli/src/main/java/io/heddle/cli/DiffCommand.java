package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Shows what a revision changed, or what is different between two, as a unified diff of YAML."
    },
    footer = {
      "",
      "Examples:",
      "  heddle diff 12",
      "  heddle diff 9 12",
      "  heddle diff 12 -o json",
      "Exit codes: 0 done, 1 failed or no longer kept, 64 wrong usage."
    })
final class DiffCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(index = "0", paramLabel = "REV", description = "A revision of `heddle history`")
  private String from = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "REV",
      description = "Another one; without it: the one before the first")
  private String to = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table, which is the diff")
  private OutputFormat output = OutputFormat.table;

  DiffCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ControlPlane control = api.controlPlane(terminal);
    JsonNode answer = to.isEmpty() ? control.revision(from) : control.diff(from, to);
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> {
        JsonNode changes = answer.path("changes");
        if (changes.isEmpty()) {
          terminal.err().println("Nothing is different.");
        }
        if (to.isEmpty()) {
          ObjectDiff.print(terminal, changes, "before " + from, "revision " + from);
        } else {
          ObjectDiff.print(terminal, changes, "revision " + from, "revision " + to);
        }
      }
    }
    return ExitCode.OK;
  }
}
