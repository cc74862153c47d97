package io.heddle.cli.up;

import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import io.heddle.cli.process.RunRecord;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Prints what runs where, and three things to try. */
final class Summary {
  private static final List<String> ORDER =
      List.of("http", "api", "xds", "app", "inbound", "outbound", "admin");

  private Summary() {}

  static void print(Terminal terminal, UpOptions options, List<RunRecord> records) {
    PrintWriter out = terminal.out();
    out.println();
    Table table = new Table("NAME", "PORTS ON 127.0.0.1", "PID");
    for (RunRecord record : records) {
      table.row(record.name(), ports(record.ports()), Long.toString(record.pid()));
    }
    table.print(out);
    out.println();
    out.println("Logs: " + shown(options.state().resolve("logs")) + "/NAME.log");
    out.println();
    out.println("Try:");
    String program = terminal.environment().getOrDefault("HEDDLE_PROGRAM", "heddle");
    // Verbs look in .heddle unless told otherwise.
    String state =
        options.state().equals(Path.of(".heddle").toAbsolutePath())
            ? ""
            : " --state " + shown(options.state());
    if (options.demo()) {
      out.println("  curl -s http://127.0.0.1:" + options.gatewayPort() + "/");
      out.println("  " + program + " status" + state);
      out.println("  " + program + " apply -f demo/canary.yaml" + state);
    } else {
      out.println("  " + program + " status" + state);
      out.println("  " + program + " get gateways" + state);
      out.println("  curl -s http://127.0.0.1:" + options.apiPort() + "/api/v1/status");
    }
    out.println();
  }

  private static String ports(Map<String, Integer> ports) {
    return ORDER.stream()
        .filter(ports::containsKey)
        .map(name -> name + " " + ports.get(name))
        .collect(Collectors.joining(", "));
  }

  private static String shown(Path path) {
    Path here = Path.of("").toAbsolutePath();
    return path.startsWith(here) ? here.relativize(path).toString() : path.toString();
  }
}
