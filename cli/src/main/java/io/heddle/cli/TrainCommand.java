package io.heddle.cli;

import io.heddle.cli.aot.CacheTraining;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.Programs.Program;
import io.heddle.cli.up.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Called by the launcher; prints the programs that have a new cache. */
@Command(
    hidden = true,
    mixinStandardHelpOptions = true,
    description = {"Trains the start-up caches of programs. The launcher calls it."},
    footer = {"", "Example:", "  heddle train proxy mesh tls control cli"})
final class TrainCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      arity = "1..*",
      paramLabel = "PROGRAM",
      description = "proxy, mesh, tls, control or cli")
  private List<String> names = new ArrayList<>();

  TrainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    List<Program> wanted = new ArrayList<>();
    for (String name : names) {
      wanted.add(
          switch (name) {
            case "proxy" -> Program.PROXY;
            case "mesh" -> Program.MESH;
            case "tls" -> Program.TLS;
            case "control" -> Program.CONTROL;
            case "cli" -> Program.CLI;
            default ->
                throw UsageFailure.of(name + " (expected: proxy, mesh, tls, control or cli)");
          });
    }
    Programs programs = Programs.of(terminal.environment());
    try {
      List<Program> trained = new CacheTraining(programs, new Progress(terminal)).train(wanted);
      trained.forEach(program -> terminal.out().println(program.folder()));
      return trained.containsAll(wanted) ? ExitCode.OK : ExitCode.ERROR;
    } catch (IOException e) {
      throw new CommandFailure(
          Finding.NOT_READY.about("training", "input or output failed: " + e), e);
    }
  }
}
