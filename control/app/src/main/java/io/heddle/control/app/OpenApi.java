package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Describes the REST API in the words of OpenAPI 3.0, from the endpoints themselves. */
final class OpenApi {
  static final String PATH = "/api/v1/openapi.json";

  private static final Pattern VARIABLE = Pattern.compile("\\{([a-z]+)}");
  private static final List<String> FLAGS = List.of("dryRun", "force");

  private OpenApi() {}

  static ObjectNode document(List<Endpoint> endpoints) {
    ObjectNode document = ApiAnswer.object();
    document.put("openapi", "3.0.3");
    document.putObject("info").put("title", "Heddle's control plane").put("version", "v1");
    document
        .putObject("components")
        .putObject("securitySchemes")
        .putObject("token")
        .put("type", "http")
        .put("scheme", "bearer");
    ObjectNode errors =
        document
            .withObject("/components/schemas/Errors")
            .put("type", "object")
            .withObject("/properties/errors")
            .put("type", "array")
            .putObject("items")
            .put("type", "object");
    for (String field : List.of("code", "object", "field", "message")) {
      errors.withObject("/properties/" + field).put("type", "string");
    }
    document.putArray("security").addObject().putArray("token");
    ObjectNode paths = document.putObject("paths");
    for (Endpoint endpoint : endpoints) {
      ObjectNode path =
          paths.get(endpoint.path()) instanceof ObjectNode known
              ? known
              : paths.putObject(endpoint.path());
      operation(endpoint, path.putObject(endpoint.method().name().toLowerCase(Locale.ROOT)));
    }
    return document;
  }

  private static void operation(Endpoint endpoint, ObjectNode out) {
    out.put("summary", endpoint.summary()).put("x-heddle-role", endpoint.needs().word());
    ArrayNode parameters = out.putArray("parameters");
    Matcher variables = VARIABLE.matcher(endpoint.path());
    while (variables.find()) {
      parameter(parameters, "path", variables.group(1)).put("required", true);
    }
    endpoint.queries().forEach(query -> parameter(parameters, "query", query));
    switch (endpoint.body()) {
      case NONE -> {}
      case DOCUMENTS ->
          out.withObject("/requestBody")
              .put("required", true)
              .putObject("content")
              .putObject("application/yaml")
              .putObject("schema")
              .put("type", "string");
      case JSON ->
          out.withObject("/requestBody")
              .put("required", true)
              .putObject("content")
              .putObject("application/json")
              .putObject("schema")
              .put("type", "object");
    }
    ObjectNode responses = out.putObject("responses");
    content(responses.putObject("200").put("description", "Done")).put("type", "object");
    content(responses.putObject("default").put("description", "Why it was not done"))
        .put("$ref", "#/components/schemas/Errors");
  }

  private static ObjectNode content(ObjectNode response) {
    return response.putObject("content").putObject("application/json").putObject("schema");
  }

  private static ObjectNode parameter(ArrayNode parameters, String place, String name) {
    ObjectNode parameter = parameters.addObject().put("name", name).put("in", place);
    parameter.putObject("schema").put("type", FLAGS.contains(name) ? "boolean" : "string");
    return parameter;
  }
}
