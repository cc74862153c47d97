package io.heddle.control.api.document;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON Schema (draft 2020-12) of each kind. It is drawn by the very readers that read
 * documents, so that it cannot say anything else than they do; what one field demands of another is
 * theirs alone.
 */
public final class Schemas {
  private static final Map<Kind, ObjectNode> ALL = all();

  private Schemas() {}

  private static Map<Kind, ObjectNode> all() {
    Map<Kind, ObjectNode> all = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      all.put(kind, draw(kind, FieldDocs.of(kind)));
    }
    return all;
  }

  /** The schema of whole documents of this kind; the caller's own copy. */
  public static ObjectNode of(Kind kind) {
    ObjectNode schema = ALL.get(kind);
    if (schema == null) {
      throw new IllegalStateException(kind + " (expected: a schema for every kind)");
    }
    return schema.deepCopy();
  }

  static ObjectNode draw(Kind kind, FieldDocs docs) {
    SchemaSketch sketch = SchemaSketch.of(docs);
    ObjectNode schema = sketch.schema();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", kind.kindName());
    schema.put("description", docs.ofKind());
    sketch.require("apiVersion");
    sketch.choice("apiVersion", versions(kind), "");
    sketch.require("kind");
    sketch.choice("kind", List.of(kind.kindName()), "");
    ObjectReader.read(kind, Fields.sketching(sketch), false);
    return schema;
  }

  private static List<String> versions(Kind kind) {
    List<String> all = new ArrayList<>();
    all.add(kind.apiVersion());
    all.addAll(kind.alsoRead());
    return all;
  }
}
