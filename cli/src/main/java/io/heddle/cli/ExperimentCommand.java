package io.heddle.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.experiment.Experiments;
import io.heddle.cli.experiment.Report;
import io.heddle.cli.experiment.Settings;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.Programs;
import io.heddle.cli.up.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Plants a fault in a small mesh under a steady load, once without and once with what"
          + " protects it, and shows both side by side. Starts processes of its own on free ports,"
          + " and ends them; nothing that runs is touched.",
      "Without NAME it lists the experiments."
    },
    footer = {
      "",
      "Examples:",
      "  heddle experiment",
      "  heddle experiment avalanche",
      "  heddle experiment avalanche --fault silent --seconds 10",
      "  heddle experiment burst --html burst.html",
      "  heddle experiment avalanche burst -o json",
      "Exit codes: 0 governance did what is expected, 1 failed, 2 it did not,",
      "64 wrong usage."
    })
final class ExperimentCommand implements Callable<Integer> {
  private static final long SEED = 20_260_101;

  private final Terminal terminal;

  @Parameters(arity = "0..*", paramLabel = "NAME", description = "Which experiments, in order")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "How long the fault lasts, 1 to 300. Default: 30")
  private int seconds = 30;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Requests a second before it, 10 to 500. Default: 90")
  private int rate = 90;

  @Option(
      names = "--fault",
      paramLabel = "KIND",
      description = "avalanche: slow (the default), errors, reset or silent")
  private String fault = "";

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with charts, too; of several experiments a page each, beside it")
  private String html = "";

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description =
          "Folder of its processes and their logs. Default: a new one, removed at the end")
  private String state = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  ExperimentCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (names.isEmpty()) {
      list();
      return ExitCode.OK;
    }
    for (String name : names) {
      if (!Experiments.all().containsKey(name)) {
        throw UsageFailure.of(
            "unknown experiment: "
                + name
                + " (expected: "
                + String.join(", ", Experiments.all().keySet())
                + ")");
      }
    }
    if (!fault.isEmpty() && !names.equals(List.of("avalanche"))) {
      throw UsageFailure.of("--fault: belongs to avalanche alone");
    }
    Settings settings;
    try {
      settings = new Settings(seconds, rate, fault, SEED);
    } catch (IllegalArgumentException e) {
      throw UsageFailure.of(String.valueOf(e.getMessage()), e);
    }
    try {
      List<Report> reports = run(settings);
      show(reports);
      return reports.stream().allMatch(Report::passed) ? ExitCode.OK : ExitCode.FINDINGS;
    } catch (IOException e) {
      throw new CommandFailure(
          Finding.NOT_READY.about(String.join(" ", names), "input or output failed: " + e), e);
    }
  }

  private List<Report> run(Settings settings) throws IOException, InterruptedException {
    Programs programs = Programs.of(terminal.environment());
    Progress progress = new Progress(terminal);
    Path folder =
        state.isEmpty()
            ? Files.createTempDirectory("heddle-experiment")
            : Path.of(state).toAbsolutePath().normalize();
    List<Report> reports = Experiments.run(names, settings, programs, folder, progress::say);
    // After a failure the logs are wanted.
    if (state.isEmpty()) {
      RemovedFolder.remove(folder);
    }
    return reports;
  }

  private void list() {
    switch (output) {
      case table -> {
        Table table = new Table("NAME", "WHAT");
        Experiments.all().forEach(table::row);
        table.print(terminal.out());
      }
      case json -> Documents.printJson(terminal.out(), listed());
      case yaml -> Documents.printYaml(terminal.out(), listed());
    }
  }

  private static ObjectNode listed() {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    Experiments.all()
        .forEach((name, summary) ->
            out.withArray("experiments").addObject().put("name", name).put("summary", summary));
    return out;
  }

  private void show(List<Report> reports) throws IOException {
    for (Report report : reports) {
      if (!html.isEmpty()) {
        Path page = page(report);
        Files.writeString(page, report.html());
        terminal.err().println("Charts: " + page);
      }
    }
    switch (output) {
      case table -> {
        String between = "";
        for (Report report : reports) {
          terminal.out().print(between + report.text());
          between = "\n";
        }
      }
      case json -> Documents.printJson(terminal.out(), json(reports));
      case yaml -> Documents.printYaml(terminal.out(), json(reports));
    }
  }

  /** The page that was asked for; of several reports each has its own name in it. */
  private Path page(Report report) {
    Path page = Path.of(html).toAbsolutePath();
    if (names.size() == 1) {
      return page;
    }
    String file = page.getFileName().toString();
    int dot = file.lastIndexOf('.');
    String base = dot < 1 ? file : file.substring(0, dot);
    return page.resolveSibling(base + "-" + report.name() + (dot < 1 ? "" : file.substring(dot)));
  }

  private static ObjectNode json(List<Report> reports) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    reports.forEach(report -> out.withArray("reports").add(report.json()));
    return out;
  }
}
