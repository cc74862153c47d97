package io.heddle.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Terminal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
      "  heddle apply -f routes.yaml --dry-run",
      "  heddle apply -f routes.yaml --wait --timeout 20s",
      "Exit codes: 0 applied, 1 failed, 2 errors in the documents or what they would",
      "bring, or --wait found it not in force everywhere, 64 wrong usage."
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

  @Option(names = "--dry-run", description = "Show what would change, and change nothing")
  private boolean dryRun;

  @Option(names = "--force", description = "In spite of findings that are errors")
  private boolean force;

  @Option(
      names = "--wait",
      description = "Return when every proxy concerned has answered; say which refuse and why")
  private boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "How long --wait waits, such as 500ms, 10s, 2m; default: 30s")
  private String timeout = "30s";

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
    if (wait && dryRun) {
      throw UsageFailure.of("--wait: with --dry-run nothing changes (expected: one of the two)");
    }
    Duration patience = WaitTime.parse("--timeout", timeout);
    ControlPlane.Manner manner = new ControlPlane.Manner(dryRun, force);
    ControlPlane control = api.controlPlane(terminal);
    List<InputFiles.Input> inputs = InputFiles.read(terminal, files);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode errors = JsonNodeFactory.instance.arrayNode();
    ArrayNode results = answer.putArray("results");
    ArrayNode findings = answer.putArray("findings");
    String revision = "";
    // A single file is one transaction of the server's; several are first checked one by one.
    if (inputs.size() > 1) {
      for (InputFiles.Input input : inputs) {
        ControlPlane.Answer checked =
            control.validate(input.name(), input.text(), new ControlPlane.Manner(false, force));
        DocumentErrors.collect(errors, checked.body().path("errors"), input.name());
      }
    }
    for (InputFiles.Input input : errors.isEmpty() ? inputs : List.<InputFiles.Input>of()) {
      ControlPlane.Answer applied = control.apply(input.name(), input.text(), manner);
      applied.body().path("results").forEach(results::add);
      applied.body().path("findings").forEach(findings::add);
      revision = applied.body().path("revision").asText(revision);
      DocumentErrors.collect(errors, applied.body().path("errors"), input.name());
      if (!errors.isEmpty()) {
        break;
      }
    }
    if (!errors.isEmpty()) {
      answer.set("errors", errors);
    }
    boolean waits = wait && errors.isEmpty() && !results.isEmpty();
    if (waits) {
      answer.set("sync", SyncWait.await(control, SyncWait.question(revision, results), patience));
    }
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> print(answer, results, errors);
    }
    boolean held = waits && !answer.path("sync").path("done").asBoolean();
    return errors.isEmpty() && !held ? ExitCode.OK : ExitCode.FINDINGS;
  }

  private void print(ObjectNode answer, ArrayNode results, ArrayNode errors) {
    WriteTable.print(terminal, results, dryRun);
    WriteTable.findings(terminal, answer.path("findings"));
    if (answer.has("sync")) {
      SyncWait.print(terminal, answer.path("sync"));
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
