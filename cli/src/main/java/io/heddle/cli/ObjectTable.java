package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.output.Age;
import io.heddle.cli.output.Table;
import io.heddle.cli.output.Terminal;
import java.util.ArrayList;
import java.util.List;

/** Shows objects of one kind, a line each. */
final class ObjectTable {
  private ObjectTable() {}

  static void print(Terminal terminal, KindWord kind, Iterable<JsonNode> objects) {
    String detail =
        switch (kind.kind()) {
          case SERVICE -> "PORTS";
          case WORKLOAD_ENTRY -> "ADDRESS";
          case WORKLOAD_GROUP -> "SERVICE";
          case GATEWAY, LISTENER_SET -> "LISTENERS";
          case HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE -> "PARENTS";
          case REFERENCE_GRANT -> "FROM";
          case BACKEND_TLS_POLICY,
              CLIENT_TRAFFIC_POLICY,
              BACKEND_TRAFFIC_POLICY,
              TELEMETRY_POLICY ->
              "TARGETS";
          case SECRET -> "TYPE";
          case CONFIG_MAP -> "DATA";
        };
    Table table = new Table("NAME", "NAMESPACE", detail, "STATUS", "PROXIES", "AGE");
    int count = 0;
    for (JsonNode object : objects) {
      JsonNode metadata = object.path("metadata");
      table.row(
          metadata.path("name").asText(),
          metadata.path("namespace").asText("default"),
          detail(kind, kind.kind().hasSpec() ? object.path("spec") : object),
          statusWord(object),
          proxies(object),
          Age.since(metadata.path("creationTimestamp").asText(""), terminal.clock()));
      count++;
    }
    if (count == 0) {
      terminal.err().println("No " + kind.plural() + " found.");
      return;
    }
    table.print(terminal.out());
  }

  /** {@code OK}, or the reason of the first condition that does not hold. */
  static String statusWord(JsonNode object) {
    JsonNode conditions = object.path("status").path("conditions");
    for (JsonNode condition : conditions) {
      boolean wanted = !condition.path("type").asText().equals("Overridden");
      if (condition.path("status").asText().equals("True") != wanted) {
        return condition.path("reason").asText(condition.path("type").asText());
      }
    }
    return conditions.isEmpty() ? "Unknown" : "OK";
  }

  /** In sync of all that the object concerns. */
  static String proxies(JsonNode object) {
    JsonNode proxies = object.path("status").path("proxies");
    int inSync = proxies.path("inSync").asInt();
    int rejected = proxies.path("rejected").asInt();
    int all = inSync + proxies.path("behind").asInt() + rejected;
    return all == 0 ? "-" : inSync + "/" + all + (rejected > 0 ? " (" + rejected + " refuse)" : "");
  }

  private static String detail(KindWord kind, JsonNode spec) {
    return switch (kind.kind()) {
      case SERVICE -> joined(spec.path("ports"), "port");
      case WORKLOAD_ENTRY -> spec.path("address").asText("-");
      case WORKLOAD_GROUP -> spec.path("template").path("service").asText("-");
      case GATEWAY, LISTENER_SET -> joined(spec.path("listeners"), "port");
      case HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE -> joined(spec.path("parentRefs"), "name");
      case REFERENCE_GRANT -> joined(spec.path("from"), "namespace");
      case BACKEND_TLS_POLICY, CLIENT_TRAFFIC_POLICY, BACKEND_TRAFFIC_POLICY, TELEMETRY_POLICY ->
          joined(spec.path("targetRefs"), "name");
      case SECRET -> spec.path("type").asText("-");
      case CONFIG_MAP -> String.valueOf(spec.path("data").size());
    };
  }

  private static String joined(JsonNode items, String field) {
    List<String> values = new ArrayList<>();
    items.forEach(item -> values.add(item.path(field).asText()));
    return values.isEmpty() ? "-" : String.join(",", values);
  }
}
