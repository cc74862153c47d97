package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Tells where a request would go, and why, without sending it: listener, virtual host, each"
          + " route that was tried, cluster, endpoints, and what else is in force.",
      "With --proxy it is read from what that proxy has accepted; without, from what the control"
          + " plane generates now."
    },
    footer = {
      "",
      "Examples:",
      "  heddle why GET http://orders/x --from web",
      "  heddle why POST http://shop.example:8000/cart --from gateway/demo",
      "  heddle why GET http://catalog/ --from web --header x-user:7 -o json",
      "  heddle why GET http://orders/x --proxy sidecar~default~web-1",
      "Exit codes: 0 it would be answered, 1 failed, 2 it would be refused, 64 wrong",
      "usage."
    })
final class WhyCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(index = "0", paramLabel = "METHOD", description = "Such as GET")
  private String method = "";

  @Parameters(index = "1", paramLabel = "URL", description = "Such as http://orders/x?id=1")
  private String url = "";

  @Option(
      names = "--from",
      paramLabel = "SERVICE",
      description = "Who sends it: [NAMESPACE/]SERVICE, or gateway/[NAMESPACE/]NAME for outside")
  private String from = "";

  @Option(
      names = "--proxy",
      paramLabel = "ID",
      description = "Read what this proxy has accepted; `heddle status` lists them")
  private String proxy = "";

  @Option(
      names = "--header",
      paramLabel = "NAME:VALUE",
      description = "A header of the request; may be given again")
  private List<String> headers = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  WhyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (from.isEmpty() == proxy.isEmpty()) {
      throw UsageFailure.of("give either --from SERVICE or --proxy ID");
    }
    ObjectNode question =
        JsonNodeFactory.instance
            .objectNode()
            .put("method", method)
            .put("url", url)
            .put("from", from)
            .put("proxy", proxy);
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw UsageFailure.of("--header: " + header + " (expected: NAME:VALUE)");
      }
      String name = header.substring(0, colon).toLowerCase(Locale.ROOT);
      ArrayNode values =
          question.path("headers").get(name) instanceof ArrayNode known
              ? known
              : question.withObject("/headers").putArray(name);
      values.add(header.substring(colon + 1).strip());
    }
    JsonNode answer = api.controlPlane(terminal).why(question);
    switch (output) {
      case json -> Documents.printJson(terminal.out(), answer);
      case yaml -> Documents.printYaml(terminal.out(), answer);
      case table -> print(answer);
    }
    return answer.path("outcome").asText().equals("Refused") ? ExitCode.FINDINGS : ExitCode.OK;
  }

  private void print(JsonNode answer) {
    PrintWriter out = terminal.out();
    JsonNode request = answer.path("request");
    line("Request", request.path("method").asText() + " " + request.path("path").asText());
    line("From", answer.path("from").asText() + (proxy.isEmpty() ? "" : " (" + proxy + ")"));
    JsonNode listener = answer.path("listener");
    line("Listener", listener.path("name").asText(), " on ", listener.path("address").asText());
    JsonNode routes = answer.path("routes");
    line("Routes", routes.path("name").asText(), " version ", routes.path("version").asText());
    JsonNode host = answer.path("virtualHost");
    line("Host", host.path("name").asText(), " by ", host.path("domain").asText());
    if (!answer.path("considered").isEmpty()) {
      out.println("Tried:");
      Table table = new Table("  NAME", "TAKEN", "WHY");
      for (JsonNode one : answer.path("considered")) {
        table.row(
            "  " + one.path("route").asText(),
            one.path("matched").asBoolean() ? "yes" : "no",
            one.path("why").asText());
      }
      table.print(out);
    }
    if (!answer.path("clusters").isEmpty()) {
      out.println("Clusters:");
      clusters(answer.path("clusters")).print(out);
    }
    if (!answer.path("policies").isEmpty()) {
      out.println("In force:");
      for (JsonNode policy : answer.path("policies")) {
        out.println(
            "  "
                + policy.path("at").asText()
                + ": "
                + policy.path("name").asText()
                + " "
                + policy.path("value").asText());
      }
    }
    String outcome = answer.path("outcome").asText();
    out.println(
        "Outcome:   "
            + (outcome.equals("Refused") ? terminal.bad(outcome) : terminal.good(outcome))
            + ": "
            + answer.path("message").asText());
  }

  private static Table clusters(JsonNode clusters) {
    Table table = new Table("  NAME", "SHARE", "ENDPOINT", "HEALTH", "WEIGHT", "LOCALITY");
    for (JsonNode cluster : clusters) {
      String name = "  " + cluster.path("name").asText();
      String share = String.format(Locale.ROOT, "%.1f %%", cluster.path("share").asDouble());
      if (!cluster.path("known").asBoolean()) {
        table.row(name, share, "(no such cluster)", "-", "-", "-");
      } else if (cluster.path("endpoints").isEmpty()) {
        table.row(name, share, "(none)", "-", "-", "-");
      }
      for (JsonNode endpoint : cluster.path("endpoints")) {
        String locality = endpoint.path("locality").asText();
        table.row(
            name,
            share,
            endpoint.path("address").asText(),
            endpoint.path("health").asText(),
            endpoint.path("weight").asText(),
            locality.isEmpty() ? "-" : locality);
      }
    }
    return table;
  }

  private void line(String head, String text) {
    terminal.out().println((head + ":").concat(" ".repeat(10 - head.length())) + text);
  }

  private void line(String head, String name, String between, String more) {
    if (!name.isEmpty() || !more.isEmpty()) {
      line(head, name + (more.isEmpty() ? "" : between + more));
    }
  }
}
