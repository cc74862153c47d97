package io.heddle.cli.process;

import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How each program of the distribution is started. The launcher knows, and says so by its
 * environment: {@code HEDDLE_HOME}, and for each program {@code HEDDLE_RUN_NAME}, the words of the
 * command up to the main class, one a line.
 *
 * @param home the folder with {@code lib/}, {@code demo/} and {@code aot/}
 */
public record Programs(Path home, Map<Program, List<String>> commands) {
  /** A program with a class path and a start-up cache of its own. */
  public enum Program {
    /** A proxy from a bootstrap. */
    PROXY,
    /**
     * The same, as sidecar and gateway: its cache holds what talks to the control plane as well.
     */
    MESH,
    /** The same, where a bootstrap has certificates. */
    TLS,
    CONTROL,
    CLI,
    DEMO;

    public String folder() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Programs {
    commands = Map.copyOf(commands);
  }

  public static Programs of(Map<String, String> environment) {
    String home = environment.getOrDefault("HEDDLE_HOME", "");
    if (home.isEmpty()) {
      throw new CommandFailure(
          Finding.NOT_LAUNCHED.about(
              "", "HEDDLE_HOME is not set: this was not started by `heddle`"));
    }
    Map<Program, List<String>> commands = new java.util.EnumMap<>(Program.class);
    for (Program program : Program.values()) {
      String words = environment.getOrDefault("HEDDLE_RUN_" + program.name(), "");
      if (words.isEmpty()) {
        throw new CommandFailure(
            Finding.NOT_LAUNCHED.about("", "HEDDLE_RUN_" + program.name() + " is not set"));
      }
      commands.put(program, words.lines().toList());
    }
    return new Programs(Path.of(home), commands);
  }

  public List<String> command(Program program, List<String> arguments) {
    List<String> command = new ArrayList<>(commands.getOrDefault(program, List.of()));
    command.addAll(arguments);
    return List.copyOf(command);
  }

  /** The JDK's own tools lie beside the {@code java} that runs us. */
  public static Path javaTool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name);
  }
}
