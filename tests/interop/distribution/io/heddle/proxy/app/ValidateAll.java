package io.heddle.proxy.app;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Validates bootstraps one after the other in one JVM: a line {@code == CODE FILE}, and what was
 * said.
 */
final class ValidateAll {
  private ValidateAll() {}

  public static void main(String[] files) {
    System.setProperty("tinylog.configuration", "heddle-proxy-logging.properties");
    for (String file : files) {
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
      int code =
          new Program(out, out, new Program.OnSignal())
              .run(List.of("proxy", "--mode", "validate", "-c", file));
      System.out.println("== " + code + " " + file);
      System.out.print(said.toString(StandardCharsets.UTF_8));
    }
    System.exit(0);
  }
}
