package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.OutputFormat;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import io.heddle.control.api.document.Schemas;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Kinds;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    mixinStandardHelpOptions = true,
    description = {
      "Tells what a kind of object is for, and what each of its fields means.",
      "Without a KIND: lists the kinds. Needs no control plane."
    },
    footer = {
      "",
      "Examples:",
      "  heddle explain",
      "  heddle explain httproute",
      "  heddle explain httproute.spec.rules.timeouts",
      "  heddle explain gateway -o json > gateway.schema.json",
      "Exit codes: 0 done, 64 wrong usage, or no such kind or field."
    })
final class ExplainCommand implements Callable<Integer> {
  private static final int WIDTH = 80;

  private final Terminal terminal;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "KIND[.FIELD]",
      description = "A kind, and the names of fields with dots between them")
  private String what = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}; json and yaml: the JSON Schema")
  private OutputFormat output = OutputFormat.table;

  ExplainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (what.isEmpty()) {
      kinds();
      return ExitCode.OK;
    }
    List<String> words = List.of(what.split("\\.", -1));
    Kind kind = KindWord.parse(words.getFirst()).kind();
    JsonNode schema = Schemas.of(kind);
    List<String> path = new ArrayList<>();
    for (String word : words.subList(1, words.size())) {
      JsonNode properties = inner(schema).path("properties");
      if (!properties.has(word)) {
        List<String> known = new ArrayList<>();
        properties.fieldNames().forEachRemaining(known::add);
        throw UsageFailure.of(
            "unknown field: "
                + word
                + " of "
                + kind.kindName()
                + (path.isEmpty() ? "" : "." + String.join(".", path))
                + " (expected: "
                + (known.isEmpty()
                    ? "none, it has no fields"
                    : "one of " + String.join(", ", known))
                + ")");
      }
      schema = properties.path(word);
      path.add(word);
    }
    switch (output) {
      case json -> Documents.printJson(terminal.out(), schema);
      case yaml -> Documents.printYaml(terminal.out(), schema);
      case table -> print(kind, path, schema);
    }
    return ExitCode.OK;
  }

  private void kinds() {
    Table table = new Table("NAME", "SHORT", "APIVERSION", "KIND");
    for (Kind kind : Kinds.all()) {
      String shortName = kind.shortNames().isEmpty() ? "-" : kind.shortNames().getFirst();
      table.row(kind.plural(), shortName, kind.apiVersion(), kind.kindName());
    }
    table.print(terminal.out());
  }

  /** Of a list its items, else the thing itself. */
  private static JsonNode inner(JsonNode schema) {
    return schema.path("type").asText().equals("array") ? schema.path("items") : schema;
  }

  private void print(Kind kind, List<String> path, JsonNode schema) {
    PrintWriter out = terminal.out();
    out.println("KIND:     " + kind.kindName());
    out.println("VERSION:  " + kind.apiVersion());
    if (!path.isEmpty()) {
      out.println("FIELD:    " + String.join(".", path) + "  " + type(schema));
    }
    out.println();
    wrapped(out, schema.path("description").asText(), "");
    for (String line : rules(schema)) {
      wrapped(out, line, "");
    }
    JsonNode object = inner(schema);
    JsonNode properties = object.path("properties");
    if (properties.isEmpty()) {
      return;
    }
    out.println();
    out.println("FIELDS:");
    for (Map.Entry<String, JsonNode> field : properties.properties()) {
      out.println(
          "  "
              + field.getKey()
              + "  "
              + type(field.getValue())
              + (required(object, field.getKey()) ? "  required" : ""));
      wrapped(out, field.getValue().path("description").asText(), "    ");
    }
  }

  private static boolean required(JsonNode object, String field) {
    for (JsonNode name : object.path("required")) {
      if (name.asText().equals(field)) {
        return true;
      }
    }
    return false;
  }

  private static String type(JsonNode schema) {
    return switch (schema.path("type").asText("")) {
      case "array" -> "<list of " + type(schema.path("items")).replaceAll("[<>]", "") + ">";
      case "object" -> schema.has("properties") ? "<object>" : "<names to values>";
      case "integer" -> "<number>";
      case "boolean" -> "<true or false>";
      case "string" -> "<text>";
      default -> "<anything>";
    };
  }

  private static List<String> rules(JsonNode schema) {
    List<String> rules = new ArrayList<>();
    JsonNode value = inner(schema);
    if (value.has("enum")) {
      List<String> values = new ArrayList<>();
      value.path("enum").forEach(item -> values.add(item.asText()));
      rules.add("One of: " + String.join(", ", values) + ".");
    } else if (value.has("x-expected")) {
      rules.add("Expected: " + value.path("x-expected").asText() + ".");
    }
    if (value.path("type").asText().equals("integer")) {
      rules.add(
          "From %s to %s."
              .formatted(value.path("minimum").asText(), value.path("maximum").asText()));
    }
    if (schema.has("maxItems")) {
      rules.add(
          "%s to %s items."
              .formatted(schema.path("minItems").asText("0"), schema.path("maxItems").asText()));
    }
    if (schema.has("default")) {
      rules.add("Unless stated: " + schema.path("default").asText() + ".");
    }
    return rules;
  }

  /** Breaks lines at blanks, so that they fit a terminal. */
  private static void wrapped(PrintWriter out, String text, String indent) {
    StringBuilder line = new StringBuilder(indent);
    for (String word : text.split(" ", -1)) {
      if (line.length() + word.length() + 1 > WIDTH && line.length() > indent.length()) {
        out.println(line.toString().stripTrailing());
        line = new StringBuilder(indent);
      }
      line.append(word).append(' ');
    }
    out.println(line.toString().stripTrailing());
  }
}
