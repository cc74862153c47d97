package io.heddle.cli.up;

import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.FreePorts;
import io.heddle.cli.process.PortOwner;
import io.heddle.cli.process.ProcessIdentity;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.process.RunRecord;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * One run of {@code heddle up}, from the checks before the first process to the end of the last.
 */
public final class UpSession {
  private final Terminal terminal;
  private final UpOptions options;
  private final RunFolder folder;
  private final Progress progress;

  public UpSession(Terminal terminal, UpOptions options) {
    this.terminal = terminal;
    this.options = options;
    folder = new RunFolder(options.state());
    progress = new Progress(terminal);
  }

  /**
   * Fails when another supervisor runs on this state folder, or a port is taken. Makes no folder,
   * so that a run that is refused leaves none behind.
   */
  public void check() {
    folder
        .read(RunRecord.SUPERVISOR)
        .filter(ProcessIdentity::alive)
        .ifPresent(other -> {
          throw alreadyUp("pid " + other.pid());
        });
    List<String> ended = new MeshEnder(folder).end();
    if (!ended.isEmpty()) {
      progress.say("ended what an earlier run left behind: " + String.join(", ", ended));
    }
    checkPort("--gateway-port", options.gatewayPort());
    checkPort("--api-port", options.apiPort());
    checkPort("--xds-port", options.xdsPort());
  }

  private CommandFailure alreadyUp(String who) {
    return new CommandFailure(
        Finding.ALREADY_UP.about(
            "", "heddle up already runs on " + options.state() + " (" + who + ")"));
  }

  private static void checkPort(String option, int port) {
    if (!FreePorts.free(port)) {
      String owner = PortOwner.of(port).map(who -> " by " + who).orElse("");
      throw new CommandFailure(
          Finding.PORT_TAKEN.about(option, "port " + port + " is in use" + owner));
    }
  }

  /** Runs until the process is told to end; the shutdown hook ends the mesh. */
  public void run(Programs programs) throws IOException, InterruptedException {
    folder.create();
    try (FileChannel channel =
            FileChannel.open(
                folder.lockFile(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw alreadyUp(
            folder
                .read(RunRecord.SUPERVISOR)
                .filter(ProcessIdentity::alive)
                .map(other -> "pid " + other.pid())
                .orElse("it is just starting"));
      }
      check();
      record("starting");
      Supervisor supervisor = new Supervisor(terminal, options, programs, folder, progress);
      Guard guard =
          Guard.start(programs, supervisor.starter(), options.state(), folder.logOf("guard"));
      CountDownLatch ended = new CountDownLatch(1);
      Thread hook = new Thread(() -> end(supervisor, guard, ended), "end of the mesh");
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        supervisor.start();
      } catch (IOException | RuntimeException e) {
        if (supervisor.isEnding()) {
          // The shutdown hook ends what this thread was starting; that is all that went wrong.
          ended.await();
          return;
        }
        Runtime.getRuntime().removeShutdownHook(hook);
        end(supervisor, guard, ended);
        throw e;
      }
      supervisor.printSummary();
      progress.say("ready; Ctrl-C or `heddle down` ends everything");
      // Last, because `up --detach` takes it as the sign that all was said.
      record(RunRecord.READY);
      ended.await();
    }
  }

  private void record(String state) {
    long pid = ProcessHandle.current().pid();
    folder.write(
        new RunRecord(
            RunRecord.SUPERVISOR,
            RunRecord.SUPERVISOR,
            pid,
            ProcessIdentity.start(pid).orElse(""),
            ProcessIdentity.commandLine(pid),
            Map.of(),
            System.getProperty("user.dir"),
            folder.logOf("up").toString(),
            Map.of(
                "gateway", options.gatewayPort(),
                "api", options.apiPort(),
                "xds", options.xdsPort()),
            state));
  }

  private void end(Supervisor supervisor, Guard guard, CountDownLatch ended) {
    supervisor.beginEnd();
    progress.say("ending everything");
    List<String> names = new MeshEnder(folder).end();
    try {
      guard.close();
    } catch (IOException e) {
      // The guard is gone, so it ends nothing either; all is ended anyway.
      progress.say("the guard had ended before: " + e.getMessage());
    }
    progress.say("ended " + names.size() + " processes");
    ended.countDown();
  }
}
