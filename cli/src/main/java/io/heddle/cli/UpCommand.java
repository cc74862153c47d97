package io.heddle.cli;

import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.up.Detached;
import io.heddle.cli.up.UpOptions;
import io.heddle.cli.up.UpSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Starts a control plane, a gateway and five sample services in five languages, each behind"
          + " its own sidecar. Everything listens on the loopback address."
    },
    footer = {
      "",
      "Examples:",
      "  heddle up",
      "  heddle up --detach --instances 2",
      "  heddle up --no-demo --gateway-port 8080",
      "Exit codes: 0 ready and detached, 1 failed, 64 wrong usage."
    })
final class UpCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--detach", description = "Return once ready; `heddle down` ends it")
  private boolean detach;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Logs, records and the store. Default: HEDDLE_STATE, else .heddle")
  private String state = "";

  @Option(names = "--gateway-port", paramLabel = "N", description = "Default: 8000")
  private int gatewayPort = 8_000;

  @Option(names = "--api-port", paramLabel = "N", description = "REST API. Default: 7070")
  private int apiPort = 7_070;

  @Option(
      names = "--xds-port",
      paramLabel = "N",
      description = "xDS and registration. Default: 7071")
  private int xdsPort = 7_071;

  @Option(
      names = "--instances",
      paramLabel = "N",
      description = "Of each service, and of each version of catalog. Default: 1")
  private int instances = 1;

  @Option(names = "--no-demo", description = "Control plane and gateway only")
  private boolean noDemo;

  UpCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    UpOptions options;
    try {
      options =
          new UpOptions(
              ApiOptions.StateFolders.of(state, terminal),
              gatewayPort,
              apiPort,
              xdsPort,
              instances,
              !noDemo);
    } catch (IllegalArgumentException e) {
      throw UsageFailure.of(String.valueOf(e.getMessage()), e);
    }
    Programs programs = Programs.of(terminal.environment());
    UpSession session = new UpSession(terminal, options);
    try {
      if (detach) {
        session.check();
        return new Detached(terminal, new RunFolder(options.state()), programs)
            .start(arguments(options));
      }
      session.run(programs);
      return ExitCode.OK;
    } catch (IOException e) {
      throw new CommandFailure(
          Finding.NOT_READY.about(options.state().toString(), "input or output failed: " + e), e);
    }
  }

  private static List<String> arguments(UpOptions options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "up",
                "--state",
                options.state().toString(),
                "--gateway-port",
                Integer.toString(options.gatewayPort()),
                "--api-port",
                Integer.toString(options.apiPort()),
                "--xds-port",
                Integer.toString(options.xdsPort()),
                "--instances",
                Integer.toString(options.instances())));
    if (!options.demo()) {
      arguments.add("--no-demo");
    }
    return arguments;
  }
}
