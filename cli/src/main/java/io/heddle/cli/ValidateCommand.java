package io.heddle.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Checks files as `apply` would, lists every error and warning, and changes nothing.",
      "With --offline no control plane is asked: the files are judged as if they were all there is."
    },
    footer = {
      "",
      "Examples:",
      "  heddle validate -f demo/canary.yaml",
      "  heddle validate -f routes/ -o json",
      "  heddle validate --offline -f routes/",
      "Exit codes: 0 clean, 1 failed, 2 errors or warnings, 64 wrong usage."
    })
final class ValidateCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Option(
      names = {"-f", "--file"},
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "File, folder, or - for standard input")
  private List<String> files = new ArrayList<>();

  @Option(names = "--offline", description = "Ask no control plane (done by the launcher)")
  private boolean offline;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  ValidateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (offline) {
      throw new CommandFailure(
          Finding.NOT_LAUNCHED.about("--offline", "is done by another program"));
    }
    ControlPlane control = api.controlPlane(terminal);
    List<InputFiles.Input> inputs = InputFiles.read(terminal, files);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode errors = answer.putArray("errors");
    ArrayNode findings = answer.putArray("findings");
    for (InputFiles.Input input : inputs) {
      ControlPlane.Answer checked = control.validate(input.name(), input.text());
      DocumentErrors.collect(errors, checked.body().path("errors"), input.name());
      DocumentErrors.collect(findings, checked.body().path("findings"), input.name());
    }
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> {
        DocumentErrors.print(terminal.out(), errors);
        WriteTable.findings(terminal, findings);
        terminal
            .out()
            .println(
                inputs.size()
                    + " file(s), "
                    + (errors.isEmpty() ? "no" : errors.size())
                    + " error(s)"
                    + (findings.isEmpty() ? "" : ", " + findings.size() + " warning(s)"));
      }
    }
    return errors.isEmpty() && findings.isEmpty() ? ExitCode.OK : ExitCode.FINDINGS;
  }
}
