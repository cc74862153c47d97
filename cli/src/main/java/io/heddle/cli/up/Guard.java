package io.heddle.cli.up;

import io.heddle.cli.process.ChildStarter;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.Programs.Program;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A shell that waits on a pipe from the process that supervises others. When the pipe closes
 * without a word that process was killed, and the shell becomes {@code heddle down}. Costs a
 * megabyte, and works wherever there is a shell.
 */
public final class Guard implements AutoCloseable {
  private static final String SCRIPT =
      "trap '' INT HUP TERM; word=; read -r word; [ \"$word\" = done ] || exec \"$@\"";

  private final Process shell;

  private Guard(Process shell) {
    this.shell = shell;
  }

  /** Guards the processes of a state folder from now on. */
  public static Guard start(Programs programs, ChildStarter starter, Path state, Path log)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", "-c", SCRIPT, "heddle-guard"));
    command.addAll(programs.command(Program.CLI, List.of("down", "--state", state.toString())));
    ProcessBuilder builder = starter.builder(command);
    builder.redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    return new Guard(builder.start());
  }

  /** All is ended in order: there is nothing left to guard. */
  @Override
  public void close() throws IOException {
    try (OutputStream pipe = shell.getOutputStream()) {
      pipe.write("done\n".getBytes(StandardCharsets.UTF_8));
    }
  }
}
