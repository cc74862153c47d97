package io.heddle.cli;

import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.ProcessIdentity;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.process.RunRecord;
import io.heddle.cli.up.MeshEnder;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Ends every process that `heddle up` started on a state folder, also after a crash."
    },
    footer = {
      "",
      "Examples:",
      "  heddle down",
      "  heddle down --state /var/tmp/mesh",
      "Exit codes: 0 nothing runs any more, 1 failed, 64 wrong usage."
    })
final class DownCommand implements Callable<Integer> {
  private static final int PATIENCE_SECONDS = 45;

  private final Terminal terminal;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Folder of `heddle up`. Default: HEDDLE_STATE, else .heddle")
  private String state = "";

  DownCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    RunFolder folder = new RunFolder(ApiOptions.StateFolders.of(state, terminal));
    boolean supervised = endSupervisor(folder);
    List<String> left = new MeshEnder(folder).end();
    List<Long> stubborn = ProcessIdentity.marked(folder.state());
    if (!stubborn.isEmpty()) {
      throw new CommandFailure(Finding.STILL_RUNNING.about("pids " + stubborn, "still running"));
    }
    if (supervised) {
      terminal.out().println("The mesh on " + folder.state() + " is down.");
    } else if (left.isEmpty()) {
      terminal.out().println("Nothing was running on " + folder.state() + ".");
    } else {
      terminal.out().println("Ended what was left behind: " + String.join(", ", left));
    }
    return ExitCode.OK;
  }

  /** Lets the supervisor end everything in order; insists when it takes too long. */
  private static boolean endSupervisor(RunFolder folder) throws InterruptedException {
    Optional<ProcessHandle> supervisor =
        folder
            .read(RunRecord.SUPERVISOR)
            .filter(ProcessIdentity::alive)
            .flatMap(record -> ProcessHandle.of(record.pid()));
    if (supervisor.isEmpty()) {
      return false;
    }
    supervisor.get().destroy();
    try {
      supervisor.get().onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      supervisor.get().destroyForcibly();
    } catch (ExecutionException e) {
      throw new IllegalStateException("waiting for the supervisor failed", e);
    }
    return true;
  }
}
