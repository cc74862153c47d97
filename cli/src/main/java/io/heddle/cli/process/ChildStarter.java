package io.heddle.cli.process;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Starts the processes of one state folder and records them. Each gets a session of its own where
 * the system can ({@code setsid}), so that Ctrl-C reaches the supervisor alone, which then ends
 * them in order.
 */
public final class ChildStarter {
  private final RunFolder folder;
  private final boolean sessions;

  public ChildStarter(RunFolder folder) {
    this.folder = folder;
    sessions = Executables.find("setsid").isPresent();
  }

  /** A started process and its record. */
  public record Child(Process process, RunRecord record) {}

  /**
   * Starts a process in the state folder; its output goes to its log, which is begun anew.
   *
   * @param environment added to the inherited one
   */
  public Child start(
      String name,
      String role,
      List<String> command,
      Map<String, String> environment,
      Map<String, Integer> ports)
      throws IOException {
    Map<String, String> added = new HashMap<>(environment);
    added.put(ProcessIdentity.MARK, folder.state().toString());
    Path log = folder.logOf(name);
    Files.deleteIfExists(log);
    ProcessBuilder builder = builder(command);
    builder.directory(folder.state().toFile());
    builder.redirectInput(new File("/dev/null"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    added.forEach(builder.environment()::put);
    Process process = builder.start();
    String start = ProcessIdentity.start(process.pid()).orElse("");
    RunRecord record =
        new RunRecord(
            name,
            role,
            process.pid(),
            start,
            command,
            added,
            folder.state().toString(),
            log.toString(),
            ports,
            RunRecord.RUNNING);
    folder.write(record);
    return new Child(process, record);
  }

  /** In a session of its own; the id stays, as {@code setsid} becomes the command. */
  public ProcessBuilder builder(List<String> command) {
    List<String> whole = new ArrayList<>();
    if (sessions) {
      whole.add("setsid");
    }
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole);
    // The launcher's notes are for the command it started, not for what this one starts.
    builder.environment().keySet().removeIf(key -> key.startsWith("HEDDLE_RUN_"));
    return builder;
  }
}
