package io.heddle.cli.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tells whether a process id still stands for the process that was recorded.
 *
 * <p>On Linux the start is counted in clock ticks since the boot, and the boot has an id: neither
 * moves when the clock is set. Elsewhere the JDK's start instant has to do.
 */
public final class ProcessIdentity {
  /** In the environment of every process that belongs to a state folder. */
  public static final String MARK = "HEDDLE_UP";

  private static final Path PROC = Path.of("/proc");

  private ProcessIdentity() {}

  /** When a process started, in words that stand for no other process; empty when there is none. */
  public static Optional<String> start(long pid) {
    Path stat = PROC.resolve(Long.toString(pid)).resolve("stat");
    if (Files.isDirectory(PROC.resolve("self"))) {
      try {
        String line = Files.readString(stat, StandardCharsets.ISO_8859_1);
        // The command's name may hold blanks and brackets: fields are counted from its end.
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
        boolean dead = fields[0].equals("Z") || fields[0].equals("X");
        return dead ? Optional.empty() : Optional.of("ticks " + fields[19] + " of boot " + boot());
      } catch (IOException e) {
        // No such process, or it ended while we read.
        return Optional.empty();
      }
    }
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .flatMap(handle -> handle.info().startInstant())
        .map(instant -> "at " + instant);
  }

  private static String boot() throws IOException {
    return Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
  }

  /**
   * Whether the recorded process runs: same start, and the last word of the command is what was
   * started. (The first may differ: interpreters are often found by a script that becomes them.)
   */
  public static boolean alive(RunRecord record) {
    if (record.start().isEmpty() || !start(record.pid()).equals(Optional.of(record.start()))) {
      return false;
    }
    List<String> actual = commandLine(record.pid());
    return record.command().isEmpty()
        || actual.isEmpty()
        || actual.contains(record.command().getLast());
  }

  /** What a process was called with; empty when it is not ours to see. */
  public static List<String> commandLine(long pid) {
    return words(pid, "cmdline");
  }

  /** Whether a marked process runs that very command: a script may have started it again. */
  public static boolean runsAgain(Path state, RunRecord record) {
    return marked(state).stream().anyMatch(pid -> commandLine(pid).equals(record.command()));
  }

  /**
   * Every process that carries the mark of a state folder: also one that a script started again, or
   * that a service started itself. Empty where the system has no {@code /proc}.
   */
  public static List<Long> marked(Path state) {
    List<Long> found = new ArrayList<>();
    if (!Files.isDirectory(PROC.resolve("self"))) {
      return found;
    }
    String wanted = MARK + "=" + state;
    ProcessHandle.allProcesses()
        .map(ProcessHandle::pid)
        .filter(pid -> pid != ProcessHandle.current().pid())
        .filter(pid -> words(pid, "environ").contains(wanted))
        .filter(pid -> start(pid).isPresent())
        .forEach(found::add);
    return found;
  }

  private static List<String> words(long pid, String file) {
    try {
      byte[] bytes = Files.readAllBytes(PROC.resolve(Long.toString(pid)).resolve(file));
      String text = new String(bytes, StandardCharsets.UTF_8);
      // Every word ends with a NUL, and empty words count.
      return text.isEmpty() ? List.of() : List.of(text.replaceFirst("\0\\z", "").split("\0", -1));
    } catch (IOException e) {
      // Gone, or another user's: in both cases not one of ours.
      return List.of();
    }
  }
}
