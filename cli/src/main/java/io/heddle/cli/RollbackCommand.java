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
      "Takes back what one revision changed: what it created is removed, what it changed or removed"
          + " is as before. That makes a new revision. Refused where one of the objects was changed"
          + " since, unless --force."
    },
    footer = {
      "",
      "Examples:",
      "  heddle rollback 12 --dry-run",
      "  heddle rollback 12",
      "Exit codes: 0 taken back, 1 failed or no longer kept, 2 refused: changed since,",
      "or it would bring an error, 64 wrong usage."
    })
final class RollbackCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(index = "0", paramLabel = "REV", description = "A revision of `heddle history`")
  private String revision = "";

  @Option(names = "--dry-run", description = "Show what would change, and change nothing")
  private boolean dryRun;

  @Option(
      names = "--force",
      description = "Also over later changes, and in spite of findings that are errors")
  private boolean force;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  RollbackCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ControlPlane.Answer answer =
        api.controlPlane(terminal).rollback(revision, new ControlPlane.Manner(dryRun, force));
    JsonNode body = answer.body();
    switch (output) {
      case json -> Documents.printJson(terminal.out(), body);
      case yaml -> Documents.printYaml(terminal.out(), body);
      case table -> print(body);
    }
    return body.path("errors").isEmpty() ? ExitCode.OK : ExitCode.FINDINGS;
  }

  private void print(JsonNode body) {
    WriteTable.print(terminal, body.path("results"), dryRun);
    WriteTable.findings(terminal, body.path("findings"));
    for (JsonNode error : body.path("errors")) {
      terminal.out().println(error.path("code").asText() + "  " + error.path("message").asText());
      terminal.out().println("          mend: " + mend(error));
    }
    if (!body.path("errors").isEmpty()) {
      terminal.err().println("Nothing was changed.");
    }
  }

  private String mend(JsonNode error) {
    return error.path("code").asText().equals("HDL-1003")
        ? "look at what came after by `heddle history`; take that back first, or say --force"
        : error.path("mend").asText("see the message");
  }
}
