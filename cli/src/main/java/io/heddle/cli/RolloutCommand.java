package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Terminal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Brings a change to the proxies by stages: start, status, pause, resume, abort, history.",
      "A stage is over when every proxy of it has accepted the change and the soak time has passed."
          + " A proxy that refuses, does not answer, or whose requests fail more often or take"
          + " longer than elsewhere ends the rollout: every proxy gets the old configuration back,"
          + " or with --on-failure hold everything stays until you decide.",
      "Stages: [NAME=] and label:KEY=VALUE, label:KEY, proxy:ID, zone:ZONE, a share such as 10%%,"
          + " or all, which is the last."
    },
    footer = {
      "",
      "Examples:",
      "  heddle rollout start -f routes.yaml --stages canary=label:track=canary,10%,all",
      "  heddle rollout start -f routes.yaml --stages 10%,50%,all --soak 5m --wait",
      "  heddle rollout start --delete httproute/old --stages zone:a,all",
      "  heddle rollout status --wait",
      "  heddle rollout pause",
      "  heddle rollout abort",
      "  heddle rollout history -o json",
      "Exit codes: 0 done or going on, 1 failed, 2 refused, held, rolled back or",
      "aborted, 64 wrong usage."
    })
final class RolloutCommand implements Callable<Integer> {
  private static final Duration BETWEEN = Duration.ofMillis(500);

  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(
      index = "0",
      paramLabel = "ACTION",
      description = "start, status, pause, resume, abort or history")
  private String action = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "ID",
      description = "Which rollout; default: the newest")
  private String id = "";

  @Option(
      names = {"-f", "--file"},
      arity = "1..*",
      paramLabel = "FILE",
      description = "start: file, folder, or - for standard input")
  private List<String> files = new ArrayList<>();

  @Option(
      names = "--delete",
      arity = "1..*",
      paramLabel = "KIND/NAME",
      description = "start: objects that the change removes")
  private List<String> gone = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace of --delete; default: `default`")
  private String namespace = "default";

  @Option(
      names = "--stages",
      paramLabel = "STAGES",
      description = "start: who comes when, separated by commas")
  private String stages = "";

  @Option(
      names = "--soak",
      paramLabel = "TIME",
      description = "start: how long each stage lasts once accepted; default: 30s")
  private String soak = "";

  @Option(
      names = "--patience",
      paramLabel = "TIME",
      description = "start: how long its proxies have to accept; default: 1m")
  private String patience = "";

  @Option(
      names = "--on-failure",
      paramLabel = "WHAT",
      description = "start: rollback or hold; default: rollback")
  private String onFailure = "";

  @Option(
      names = "--max-error-increase",
      paramLabel = "POINTS",
      description = "start: percentage points of errors more than elsewhere; default: 1")
  private String errors = "";

  @Option(
      names = "--max-latency-increase",
      paramLabel = "PERCENT",
      description = "start: mean time longer than elsewhere; default: 50")
  private String latency = "";

  @Option(
      names = "--min-requests",
      paramLabel = "N",
      description = "start: judge only from so many requests on; default: 50")
  private String requests = "";

  @Option(names = "--dry-run", description = "start: show what would change in the end")
  private boolean dryRun;

  @Option(names = "--force", description = "start: in spite of findings that are errors")
  private boolean force;

  @Option(names = "--wait", description = "start, status: follow it until it has ended or is held")
  private boolean wait;

  @Option(names = "--limit", paramLabel = "N", description = "history: 1 to 100; default: 20")
  private int limit = 20;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  RolloutCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (!List.of("start", "status", "pause", "resume", "abort", "history").contains(action)) {
      throw UsageFailure.of(
          "unknown action: "
              + action
              + " (expected: start, status, pause, resume, abort or history)");
    }
    boolean starts = action.equals("start");
    if (starts && stages.isEmpty()) {
      throw UsageFailure.of("start: give --stages, such as canary=label:track=canary,10%,50%,all");
    }
    if (starts && files.isEmpty() && gone.isEmpty()) {
      throw UsageFailure.of("start: give -f FILE, or --delete KIND/NAME");
    }
    if (!starts && (!files.isEmpty() || !gone.isEmpty() || !stages.isEmpty())) {
      throw UsageFailure.of(
          action + ": takes no change (expected: -f, --delete, --stages at start)");
    }
    if ((starts || action.equals("history")) && !id.isEmpty()) {
      throw UsageFailure.of(action + " takes no ID");
    }
    if (limit < 1 || limit > 100) {
      throw UsageFailure.of("--limit: " + limit + " (expected: 1 to 100)");
    }
    ControlPlane control = api.controlPlane(terminal);
    String which = id.isEmpty() ? "latest" : id;
    return switch (action) {
      case "start" -> start(control);
      case "history" -> {
        show(control.rollouts(limit), answer -> RolloutText.history(terminal, answer));
        yield ExitCode.OK;
      }
      case "status" -> told(wait ? follow(control, which) : control.rollout(which));
      default -> told(control.rolloutAction(which, action));
    };
  }

  private int start(ControlPlane control) {
    List<InputFiles.Input> inputs = files.isEmpty() ? List.of() : InputFiles.read(terminal, files);
    ArrayNode wrong = JsonNodeFactory.instance.arrayNode();
    // All are one change; one by one first, so that an error names its own file and line.
    if (inputs.size() > 1) {
      for (InputFiles.Input input : inputs) {
        ControlPlane.Answer checked =
            control.validate(input.name(), input.text(), new ControlPlane.Manner(false, true));
        DocumentErrors.collect(wrong, checked.body().path("errors"), input.name());
      }
    }
    if (!wrong.isEmpty()) {
      return refused(JsonNodeFactory.instance.objectNode().set("errors", wrong), wrong);
    }
    StringJoiner names = new StringJoiner(", ");
    StringJoiner text = new StringJoiner("\n---\n");
    inputs.forEach(input -> {
      names.add(input.name());
      text.add(input.text());
    });
    ControlPlane.Answer answer = control.startRollout(names.toString(), text.toString(), query());
    JsonNode body = answer.body();
    if (!answer.ok()) {
      DocumentErrors.collect(wrong, body.path("errors"), names.toString());
      return refused(body, wrong);
    }
    if (dryRun) {
      show(
          body,
          given -> {
            WriteTable.print(terminal, given.path("results"), true);
            WriteTable.findings(terminal, given.path("findings"));
          });
      return ExitCode.OK;
    }
    if (output == OutputFormat.table) {
      WriteTable.findings(terminal, body.path("findings"));
    }
    return told(wait ? follow(control, body.path("id").asText()) : body);
  }

  private int refused(JsonNode body, ArrayNode errors) {
    show(
        body,
        given -> {
          DocumentErrors.print(terminal.out(), errors);
          WriteTable.findings(terminal, given.path("findings"));
        });
    terminal.err().println("Nothing was started: " + errors.size() + " error(s).");
    return ExitCode.FINDINGS;
  }

  private Map<String, String> query() {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("stages", stages);
    query.put("soak", soak);
    query.put("patience", patience);
    query.put("onFailure", onFailure);
    query.put("maxErrorIncrease", errors);
    query.put("maxLatencyIncrease", latency);
    query.put("minRequests", requests);
    StringJoiner removed = new StringJoiner(",");
    for (String one : gone) {
      int slash = one.indexOf('/');
      if (slash < 1 || slash == one.length() - 1) {
        throw UsageFailure.of("--delete: " + one + " (expected: KIND/NAME)");
      }
      removed.add(
          KindWord.parse(one.substring(0, slash)).plural()
              + "/"
              + namespace
              + one.substring(slash));
    }
    query.put("delete", removed.toString());
    query.put("dryRun", dryRun ? "true" : "");
    query.put("force", force ? "true" : "");
    return query;
  }

  /** Tells of each step as it comes, on standard error. */
  private JsonNode follow(ControlPlane control, String which) {
    int told = 0;
    String line = "";
    while (true) {
      JsonNode rollout = control.rollout(which);
      JsonNode steps = rollout.path("steps");
      for (; told < steps.size(); told++) {
        terminal.err().println(RolloutText.step(steps.path(told)));
      }
      String phase = rollout.path("phase").asText();
      if (!phase.equals("running") && !phase.equals("paused")) {
        return rollout;
      }
      String progress = RolloutText.progress(rollout);
      if (!progress.equals(line)) {
        terminal.err().println(progress);
        line = progress;
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(BETWEEN);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the rollout", e);
    }
  }

  private int told(JsonNode rollout) {
    show(rollout, given -> RolloutText.status(terminal, given));
    return switch (rollout.path("phase").asText()) {
      case "held", "rolled-back" -> ExitCode.FINDINGS;
      case "aborted" -> action.equals("abort") ? ExitCode.OK : ExitCode.FINDINGS;
      default -> ExitCode.OK;
    };
  }

  private void show(JsonNode answer, java.util.function.Consumer<JsonNode> table) {
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> table.accept(answer);
    }
  }
}
