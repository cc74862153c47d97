package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.output.Age;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import io.heddle.control.api.resource.Kind;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Tells what one object says and what the mesh made of it; of a Service also what is in force"
          + " for its calls, field by field, and from where; of a proxy what it is told of and why"
          + " just that."
    },
    footer = {
      "",
      "Examples:",
      "  heddle describe httproute web",
      "  heddle describe svc orders -n default",
      "  heddle describe proxy sidecar~default~web-1",
      "Exit codes: 0 done, 1 failed or not found, 64 wrong usage."
    })
final class DescribeCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ApiOptions api = new ApiOptions();

  @Parameters(
      index = "0",
      paramLabel = "KIND",
      description = "Kind, in any of its spellings, or proxy")
  private String kind = "";

  @Parameters(
      index = "1",
      paramLabel = "NAME",
      description = "The object's name, or the proxy's id")
  private String name = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      description = "Namespace; default: default")
  private String namespace = "default";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; default: table")
  private OutputFormat output = OutputFormat.table;

  DescribeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (kind.equals("proxy") || kind.equals("proxies")) {
      JsonNode extent = api.controlPlane(terminal).extent(name);
      switch (output) {
        case json -> Documents.printJson(terminal.out(), extent);
        case yaml -> Documents.printYaml(terminal.out(), extent);
        case table -> print(extent);
      }
      return ExitCode.OK;
    }
    KindWord word = KindWord.parse(kind);
    ControlPlane control = api.controlPlane(terminal);
    JsonNode object = control.get(word.plural(), namespace, name);
    if (word.kind() == Kind.SERVICE && object instanceof ObjectNode service) {
      service.set("governance", control.governance(namespace, name));
    }
    switch (output) {
      case json -> Documents.printJson(terminal.out(), object);
      case yaml -> Documents.printYaml(terminal.out(), object);
      case table -> print(word, object);
    }
    return ExitCode.OK;
  }

  private void print(JsonNode extent) {
    PrintWriter out = terminal.out();
    out.println("Proxy:    " + extent.path("proxy").asText());
    out.println("Kind:     " + extent.path("kind").asText());
    out.println("Mode:     " + extent.path("mode").asText());
    out.println("Because:  " + extent.path("because").asText());
    Table table = new Table("CLUSTER", "WHY");
    for (JsonNode cluster : extent.path("clusters")) {
      table.row(cluster.path("name").asText(), cluster.path("why").asText());
    }
    table.print(out);
  }

  private void print(KindWord word, JsonNode object) {
    PrintWriter out = terminal.out();
    JsonNode metadata = object.path("metadata");
    JsonNode status = object.path("status");
    out.println("Name:        " + metadata.path("name").asText());
    out.println("Namespace:   " + metadata.path("namespace").asText("default"));
    out.println("Kind:        " + word.kindName());
    out.println(
        "Generation:  "
            + metadata.path("generation").asText("-")
            + " (observed: "
            + status.path("observedGeneration").asText("-")
            + ")");
    out.println(
        "Age:         "
            + Age.since(metadata.path("creationTimestamp").asText(""), terminal.clock()));
    if (!metadata.path("labels").isEmpty()) {
      out.println("Labels:");
      out.print(Documents.yaml(metadata.path("labels")).indent(2));
    }
    if (word.kind().hasSpec()) {
      out.println("Spec:");
      out.print(Documents.yaml(object.path("spec")).indent(2));
    } else {
      out.println("Data:");
      object
          .path("data")
          .properties()
          .forEach(entry ->
              out.println(
                  "  " + entry.getKey() + ": " + size(word.kind(), entry.getValue().asText())));
    }
    out.println("Conditions:");
    if (status.path("conditions").isEmpty()) {
      out.println("  none yet");
    }
    conditions(out, status.path("conditions"), "  ");
    for (JsonNode listener : status.path("listeners")) {
      out.println(
          "Listener "
              + listener.path("name").asText()
              + ": "
              + listener.path("attachedRoutes").asInt()
              + " route(s)");
      conditions(out, listener.path("conditions"), "  ");
    }
    for (JsonNode parent : status.path("parents")) {
      JsonNode ref = parent.path("parentRef");
      String section = ref.path("sectionName").asText("");
      out.println(
          "Parent "
              + ref.path("kind").asText()
              + " "
              + ref.path("name").asText()
              + (section.isEmpty() ? "" : ", " + section)
              + ":");
      conditions(out, parent.path("conditions"), "  ");
    }
    JsonNode proxies = status.path("proxies");
    out.println(
        "Proxies:     "
            + proxies.path("inSync").asInt()
            + " in sync, "
            + proxies.path("behind").asInt()
            + " behind, "
            + proxies.path("rejected").asInt()
            + " refuse");
    if (!proxies.path("rejectedBy").isEmpty()) {
      Table table = new Table("  PROXY", "RESOURCE", "MESSAGE");
      for (JsonNode proxy : proxies.path("rejectedBy")) {
        table.row(
            "  " + proxy.path("proxy").asText(),
            proxy.path("resource").asText(),
            proxy.path("message").asText());
      }
      table.print(out);
    }
    governance(out, object.path("governance"));
  }

  private static void governance(PrintWriter out, JsonNode governance) {
    settings(out, "In force for its calls, where no route says otherwise:", governance, "settings");
    settings(out, "Routes to it state:", governance, "routes");
    settings(out, "Policies in the mode Shadow would set:", governance, "shadow");
  }

  private static void settings(PrintWriter out, String title, JsonNode governance, String which) {
    if (governance.path(which).isEmpty()) {
      return;
    }
    out.println(title);
    Table table = new Table("  FIELD", "VALUE", "FROM");
    for (JsonNode setting : governance.path(which)) {
      table.row(
          "  " + setting.path("field").asText(),
          setting.path("value").asText(),
          setting.path("from").asText());
    }
    table.print(out);
  }

  /** What a Secret holds never leaves the control plane, not even how long it is. */
  private static String size(Kind kind, String text) {
    return kind == Kind.SECRET ? text : text.length() + " characters";
  }

  private static void conditions(PrintWriter out, JsonNode conditions, String indent) {
    for (JsonNode condition : conditions) {
      out.println(
          indent
              + condition.path("type").asText()
              + ": "
              + condition.path("status").asText()
              + " ("
              + condition.path("reason").asText()
              + ")");
      if (!condition.path("message").asText("").isEmpty()) {
        out.println(indent + "  " + condition.path("message").asText());
      }
    }
  }
}
