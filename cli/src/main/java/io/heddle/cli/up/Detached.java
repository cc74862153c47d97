package io.heddle.cli.up;

import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.ChildStarter;
import io.heddle.cli.process.ProcessIdentity;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.Programs.Program;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.process.RunRecord;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Runs the supervisor in a session of its own and shows what it says until it is ready. */
public final class Detached {
  private final Terminal terminal;
  private final RunFolder folder;
  private final Programs programs;

  public Detached(Terminal terminal, RunFolder folder, Programs programs) {
    this.terminal = terminal;
    this.folder = folder;
    this.programs = programs;
  }

  /** The supervisor's exit code when it ended, zero once it is ready. */
  public int start(List<String> arguments) throws IOException, InterruptedException {
    folder.create(); // the log lies in it
    Path log = folder.logOf("up");
    Files.deleteIfExists(log);
    ProcessBuilder builder =
        new ChildStarter(folder).builder(programs.command(Program.CLI, arguments));
    // The supervisor starts the programs, so it needs the launcher's notes.
    System.getenv()
        .forEach((key, value) -> {
          if (key.startsWith("HEDDLE_RUN_")) {
            builder.environment().put(key, value);
          }
        });
    builder.environment().remove("HEDDLE_COLOR");
    builder.redirectInput(new File("/dev/null"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    Process process = builder.start();
    Thread hook = new Thread(process::destroy, "give up");
    Runtime.getRuntime().addShutdownHook(hook);
    try (InputStream said = Files.newInputStream(log)) {
      while (true) {
        boolean ended = process.waitFor(50, TimeUnit.MILLISECONDS);
        boolean ready = ready(process);
        terminal.out().print(new String(said.readAllBytes(), StandardCharsets.UTF_8));
        terminal.out().flush();
        if (ended) {
          return process.exitValue();
        }
        if (ready) {
          Runtime.getRuntime().removeShutdownHook(hook);
          return 0;
        }
      }
    }
  }

  private boolean ready(Process process) {
    Optional<RunRecord> record = folder.read(RunRecord.SUPERVISOR);
    return record
        .filter(up -> up.pid() == process.pid() && up.state().equals(RunRecord.READY))
        .filter(ProcessIdentity::alive)
        .isPresent();
  }
}
