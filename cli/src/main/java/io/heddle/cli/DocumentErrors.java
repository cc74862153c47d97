package io.heddle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.PrintWriter;

/** Shows what the control plane has against documents. */
final class DocumentErrors {
  private DocumentErrors() {}

  /** Adds the file's name where the control plane left it out. */
  static void collect(ArrayNode into, JsonNode errors, String file) {
    for (JsonNode error : errors) {
      if (error instanceof com.fasterxml.jackson.databind.node.ObjectNode object
          && object.path("file").asText("").isEmpty()) {
        object.put("file", file);
      }
      into.add(error);
    }
  }

  /** Three short lines an error: where and what, the values, how to mend. */
  static void print(PrintWriter out, JsonNode errors) {
    for (JsonNode error : errors) {
      StringBuilder where = new StringBuilder(error.path("file").asText(""));
      if (error.path("line").asInt(0) > 0) {
        where.append(':').append(error.path("line").asInt());
      }
      String object = error.path("object").asText("");
      String field = error.path("field").asText("");
      out.println(
          error.path("code").asText("HDL-1000")
              + "  "
              + where
              + (object.isEmpty() ? "" : "  " + object));
      out.println(
          "          " + (field.isEmpty() ? "" : field + ": ") + error.path("message").asText(""));
      String offending = error.path("offending").asText("");
      String expected = error.path("expected").asText("");
      boolean said = error.path("message").asText("").contains(expected);
      if (!said && !(offending.isEmpty() && expected.isEmpty())) {
        out.println("          found: " + shown(offending) + "   expected: " + shown(expected));
      }
      out.println("          mend: " + mend(error));
    }
  }

  private static String mend(JsonNode error) {
    if (!error.path("mend").asText("").isEmpty()) {
      return error.path("mend").asText();
    }
    String file = error.path("file").asText("FILE");
    if (error.path("code").asText("").equals("HDL-1010")) {
      return "look at `heddle rollout status`; wait until it has ended, or `heddle rollout abort`";
    }
    return error.path("code").asText("").equals("HDL-1003")
        ? "read the object by `heddle get KIND NAME -o yaml`, make the change again, then run"
            + " `heddle apply -f "
            + file
            + "`"
        : "change this line, then run `heddle validate -f " + file + "`";
  }

  private static String shown(String value) {
    return value.isEmpty() ? "-" : value.length() > 120 ? value.substring(0, 120) + "…" : value;
  }
}
