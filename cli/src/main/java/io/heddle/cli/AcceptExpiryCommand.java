package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Lets the instances go that are held back: so many fell silent at once that the control"
          + " plane believed itself cut off, and kept them in the mesh. Say so only when they are"
          + " gone indeed; `heddle status` names them (HDL-2007)."
    },
    footer = {
      "",
      "Examples:",
      "  heddle accept-expiry",
      "  heddle accept-expiry -o json --api http://127.0.0.1:7070",
      "Exit codes: 0 done, also when nothing was held back, 1 failed, 64 wrong usage."
    })
final class AcceptExpiryCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  AcceptExpiryCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    JsonNode answer = api.controlPlane(terminal).acceptExpiry();
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> {
        int accepted = answer.path("accepted").asInt();
        terminal
            .out()
            .println(accepted == 0 ? "Nothing was held back." : accepted + " instance(s) let go.");
      }
    }
    return ExitCode.OK;
  }
}
