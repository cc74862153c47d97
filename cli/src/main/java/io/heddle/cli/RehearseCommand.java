package io.heddle.cli;

import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.FreePorts;
import io.heddle.cli.process.ProcessEnder;
import io.heddle.cli.process.ProcessIdentity;
import io.heddle.cli.process.RunFolder;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Plays the common verbs through in one process, so that the start-up cache holds their classes.
 */
@Command(hidden = true, mixinStandardHelpOptions = true, description = "What `heddle train` runs.")
final class RehearseCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--api", required = true, paramLabel = "URL", description = "A control plane")
  private String api = "";

  @Option(names = "--state", required = true, paramLabel = "DIR", description = "An empty folder")
  private String state = "";

  RehearseCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    String object =
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: training
        spec:
          ports:
            - port: 80
        """;
    List<List<String>> lines =
        List.of(
            List.of("--help"),
            List.of("up", "--help"),
            List.of("status", "--api", api),
            List.of("status", "--api", api, "-o", "json"),
            List.of("apply", "--api", api, "-f", "-"),
            List.of("validate", "--api", api, "-f", "-"),
            List.of("get", "services", "--api", api),
            List.of("get", "services", "--api", api, "-o", "yaml"),
            List.of("describe", "service", "training", "--api", api),
            List.of("bootstrap", "--envoy", "--gateway", "g", "--control", "127.0.0.1:7071"),
            List.of("down", "--state", state));
    for (List<String> line : lines) {
      Terminal silent =
          new Terminal(
              new PrintWriter(Writer.nullWriter()),
              new PrintWriter(Writer.nullWriter()),
              new ByteArrayInputStream(object.getBytes(StandardCharsets.UTF_8)),
              true,
              terminal.environment(),
              terminal.clock());
      terminal
          .out()
          .println(line.getFirst() + " " + Heddle.run(silent, line.toArray(String[]::new)));
    }
    // What `up` needs besides.
    new FreePorts(new SplittableRandom()).next();
    ProcessIdentity.start(ProcessHandle.current().pid());
    new ProcessEnder(Duration.ofSeconds(1))
        .end(new RunFolder(java.nio.file.Path.of(state)).readAll());
    return ExitCode.OK;
  }
}
