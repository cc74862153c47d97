package io.heddle.cli;

import io.heddle.cli.api.ControlPlaneException;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Terminal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;

/**
 * The command line. Only the class of the verb that was asked for is loaded and looked at, so that
 * the first output comes soon.
 */
public final class Heddle {
  /** A verb: what {@code --help} says in one line, and how its command is made. */
  private record Verb(
      String name, String summary, Function<Terminal, Callable<Integer>> command, boolean shown) {
    Verb(String name, String summary, Function<Terminal, Callable<Integer>> command) {
      this(name, summary, command, true);
    }
  }

  private static final List<Verb> VERBS =
      List.of(
          new Verb(
              "up", "Start the whole mesh on this machine, with sample services", UpCommand::new),
          new Verb("down", "End everything that `up` started", DownCommand::new),
          new Verb("status", "Show services, instances, health and proxies", StatusCommand::new),
          new Verb("apply", "Create or change objects from files", ApplyCommand::new),
          new Verb("get", "List objects, or show one", GetCommand::new),
          new Verb("describe", "Tell what the mesh made of one object", DescribeCommand::new),
          new Verb("delete", "Remove objects", DeleteCommand::new),
          new Verb("history", "List what was changed, when and by whom", HistoryCommand::new),
          new Verb("why", "Tell where a request would go, and why", WhyCommand::new),
          new Verb("diff", "Show what a revision changed", DiffCommand::new),
          new Verb("rollback", "Take back what a revision changed", RollbackCommand::new),
          new Verb("rollout", "Bring a change to the proxies by stages", RolloutCommand::new),
          new Verb("token", "Make, list and revoke tokens of the control plane", TokenCommand::new),
          new Verb(
              "accept-expiry", "Let instances go that are held back", AcceptExpiryCommand::new),
          new Verb(
              "validate", "Check files as `apply` would, changing nothing", ValidateCommand::new),
          new Verb("explain", "Tell what kinds and their fields are for", ExplainCommand::new),
          new Verb(
              "experiment",
              "Plant a fault in a mesh, and see what protects it",
              ExperimentCommand::new),
          new Verb("import", "Turn Istio's routes and rules into ours", ImportCommand::new),
          new Verb(
              "bootstrap",
              "Print a bootstrap for a stock Envoy or a gRPC application",
              BootstrapCommand::new),
          new Verb("train", "Train the start-up caches", TrainCommand::new, false),
          new Verb("rehearse", "What `train` runs", RehearseCommand::new, false));

  /** Verbs that the launcher gives to the other programs. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "backup", "Write what the store of a control plane holds to a file",
          "restore", "Make a store hold what a backup does",
          "compact", "Write the file of a store anew, without what is dead in it",
          "migrate", "Move a store into an etcd that several control planes share",
          "control", "Run the control plane",
          "ratelimit", "Run a service that counts rate limits for many proxies",
          "proxy", "Run a proxy from a bootstrap",
          "sidecar", "Run a proxy beside a service, and register it",
          "gateway", "Run a proxy where requests enter the mesh");

  private Heddle() {}

  public static void main(String[] args) {
    System.exit(run(Terminal.system(), args));
  }

  /** Runs one command line and says how the process should end. */
  public static int run(Terminal terminal, String... args) {
    try {
      return dispatch(terminal, args);
    } finally {
      terminal.out().flush();
      terminal.err().flush();
    }
  }

  private static int dispatch(Terminal terminal, String... args) {
    if (args.length == 0 || List.of("--help", "-h", "help").contains(args[0])) {
      if (args.length > 1 && verb(args[1]).isPresent()) {
        return dispatch(terminal, args[1], "--help");
      }
      printHelp(terminal);
      return ExitCode.OK;
    }
    if (args[0].equals("--version") || args[0].equals("version")) {
      terminal.out().println("heddle " + version());
      return ExitCode.OK;
    }
    Optional<Verb> verb = verb(args[0]);
    if (verb.isEmpty()) {
      String known = ELSEWHERE.containsKey(args[0]) ? " (started by the launcher only)" : "";
      terminal.err().println("heddle: unknown verb: " + args[0] + known);
      terminal.err().println("See `heddle --help` for the verbs.");
      return ExitCode.USAGE;
    }
    return commandLine(terminal, verb.get())
        .execute(List.of(args).subList(1, args.length).toArray(String[]::new));
  }

  private static CommandLine commandLine(Terminal terminal, Verb verb) {
    CommandLine line = new CommandLine(verb.command().apply(terminal));
    line.setCommandName("heddle " + verb.name());
    line.setOut(terminal.out());
    line.setErr(terminal.err());
    line.setUsageHelpWidth(80);
    line.setUsageHelpAutoWidth(false);
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            terminal.colour() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
    line.setAbbreviatedOptionsAllowed(false);
    line.getCommandSpec().exitCodeOnInvalidInput(ExitCode.USAGE);
    line.getCommandSpec().exitCodeOnExecutionException(ExitCode.ERROR);
    line.setParameterExceptionHandler((wrong, arguments) -> {
      terminal.err().println("heddle " + verb.name() + ": " + wrong.getMessage());
      terminal.err().println("See `heddle " + verb.name() + " --help`.");
      return ExitCode.USAGE;
    });
    line.setExecutionExceptionHandler((failure, failed, parsed) -> {
      if (failure instanceof CommandFailure known) {
        printFailure(terminal, parsed, known.finding());
        return ExitCode.ERROR;
      }
      if (failure instanceof UsageFailure wrong) {
        terminal.err().println("heddle " + verb.name() + ": " + wrong.getMessage());
        return ExitCode.USAGE;
      }
      if (failure instanceof ControlPlaneException refused) {
        printFailure(terminal, parsed, refused.finding());
        return ExitCode.ERROR;
      }
      printFailure(terminal, parsed, Finding.UNEXPECTED.about(verb.name(), failure.toString()));
      failure.printStackTrace(terminal.err());
      return ExitCode.ERROR;
    });
    return line;
  }

  /** In the format that was asked for, so that what reads the data can read the failure too. */
  private static void printFailure(
      Terminal terminal, CommandLine.ParseResult parsed, Finding failure) {
    // Of `import` it is a folder.
    Object stated = parsed.matchedOptionValue("-o", (Object) OutputFormat.table);
    OutputFormat format = stated instanceof OutputFormat known ? known : OutputFormat.table;
    switch (format) {
      case json -> Documents.printJson(terminal.err(), failure.errorJson());
      case yaml -> Documents.printYaml(terminal.err(), failure.errorJson());
      case table -> terminal.err().println(failure.text());
    }
  }

  private static Optional<Verb> verb(String name) {
    return VERBS.stream().filter(verb -> verb.name().equals(name)).findFirst();
  }

  private static void printHelp(Terminal terminal) {
    terminal
        .out()
        .println("Usage: heddle VERB [OPTIONS]\n\nA service mesh on this machine and on many.\n");
    VERBS.stream()
        .filter(Verb::shown)
        .forEach(verb -> terminal.out().printf("  %-13s %s%n", verb.name(), verb.summary()));
    terminal.out().println();
    for (String name :
        List.of(
            "control",
            "backup",
            "restore",
            "compact",
            "migrate",
            "ratelimit",
            "gateway",
            "sidecar",
            "proxy")) {
      terminal.out().printf("  %-13s %s%n", name, ELSEWHERE.get(name));
    }
    terminal
        .out()
        .println(
            """

            `heddle VERB --help` explains a verb, with examples.
            Exit codes: 0 done, 1 failed, 2 done with findings, 64 wrong command line.

            Examples:
              heddle up --detach
              heddle status
              heddle get services -o yaml\
            """);
  }

  static String version() {
    String version = Heddle.class.getPackage().getImplementationVersion();
    return version == null ? "(unpackaged)" : version;
  }
}
