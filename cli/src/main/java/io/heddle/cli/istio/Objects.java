package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.output.Documents;
import io.heddle.control.api.document.ObjectError;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.resource.Kind;
import java.util.List;

/** What has been made: only what the parser of documents takes. */
final class Objects {
  private final ArrayNode made = JsonNodeFactory.instance.arrayNode();
  private final Notes notes;

  Objects(Notes notes) {
    this.notes = notes;
  }

  ArrayNode made() {
    return made;
  }

  /** An object without a spec yet. */
  static ObjectNode begin(Kind kind, String name, String namespace) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("apiVersion", kind.apiVersion()).put("kind", kind.kindName());
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    if (!namespace.equals("default")) {
      metadata.put("namespace", namespace);
    }
    return object;
  }

  /** Adds an object, or says why it cannot be. */
  void add(ObjectNode object, String from) {
    List<ObjectError> errors = ObjectParser.parse("", Documents.yaml(object)).errors();
    if (errors.isEmpty()) {
      made.add(object);
      return;
    }
    for (ObjectError error : errors) {
      notes.leftOut(
          from,
          "would be a wrong %s: %s: %s (expected: %s)"
              .formatted(error.object(), error.field(), error.offending(), error.expected()));
    }
  }
}
