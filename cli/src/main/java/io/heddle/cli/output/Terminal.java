package io.heddle.cli.output;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;

/**
 * Where a command reads and writes, and what it may assume about it.
 *
 * @param out data only
 * @param err everything else
 * @param colour whether {@code out} is a terminal that takes colours and the user did not say no
 * @param environment the process's environment
 */
public record Terminal(
    PrintWriter out,
    PrintWriter err,
    InputStream in,
    boolean colour,
    Map<String, String> environment,
    Clock clock) {
  public Terminal {
    environment = Map.copyOf(environment);
  }

  /**
   * The process's own. The launcher knows cheaply whether standard output is a terminal, and says
   * so by {@code HEDDLE_COLOR}; {@code NO_COLOR}, when not empty, forbids.
   */
  public static Terminal system() {
    Map<String, String> environment = System.getenv();
    boolean colour =
        environment.containsKey("HEDDLE_COLOR")
            && environment.getOrDefault("NO_COLOR", "").isEmpty();
    return new Terminal(
        writer(FileDescriptor.out),
        writer(FileDescriptor.err),
        System.in,
        colour,
        environment,
        Clock.systemUTC());
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  public String good(String text) {
    return painted("32", text);
  }

  public String bad(String text) {
    return painted("31", text);
  }

  public String strong(String text) {
    return painted("1", text);
  }

  private String painted(String code, String text) {
    return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
