package io.heddle.control.api.document;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;

/**
 * The JSON Schema (draft 2020-12) of one mapping, drawn while a reader asks for its fields. A field
 * that is asked for twice keeps what was first noted of it. Confined to one thread.
 */
final class SchemaSketch {
  private final ObjectNode schema;
  private final String path;
  private final FieldDocs docs;

  private SchemaSketch(ObjectNode schema, String path, FieldDocs docs) {
    this.schema = schema;
    this.path = path;
    this.docs = docs;
    schema.put("type", "object");
    schema.put("additionalProperties", false);
    schema.withObject("/properties");
  }

  static SchemaSketch of(FieldDocs docs) {
    return new SchemaSketch(JsonNodeFactory.instance.objectNode(), "", docs);
  }

  ObjectNode schema() {
    return schema;
  }

  void require(String field) {
    ArrayNode required = schema.withArray("/required");
    for (int i = 0; i < required.size(); i++) {
      if (required.get(i).asText().equals(field)) {
        return;
      }
    }
    required.add(field);
  }

  void text(String field, Syntax syntax) {
    texture(property(field), syntax);
  }

  void integer(String field, int least, int most, int absent) {
    ObjectNode property = property(field);
    property.put("type", "integer").put("minimum", least).put("maximum", most);
    boolean stated = absent >= least && absent <= most && !requires(field);
    if (stated) {
      property.put("default", absent);
    }
  }

  void percentage(String field, int absent) {
    property(field)
        .put("type", "number")
        .put("minimum", 0)
        .put("maximum", 100)
        .put("default", absent);
  }

  void flag(String field, boolean absent) {
    property(field).put("type", "boolean").put("default", absent);
  }

  void choice(String field, Collection<String> values, String absent) {
    ObjectNode property = property(field);
    property.put("type", "string");
    ArrayNode all = property.putArray("enum");
    values.stream().filter(value -> !value.isEmpty()).forEach(all::add);
    if (!absent.isEmpty() && !requires(field)) {
      property.put("default", absent);
    }
  }

  SchemaSketch object(String field) {
    ObjectNode property = property(field);
    return new SchemaSketch(property, at(field), docs);
  }

  /** A list of mappings; what is drawn is an item. */
  SchemaSketch list(String field, int most) {
    ObjectNode property = property(field);
    property.put("type", "array").put("maxItems", most);
    return new SchemaSketch(property.withObject("/items"), at(field), docs);
  }

  void atLeast(String field, int items) {
    property(field).put("minItems", items);
  }

  void texts(String field, int most, Syntax syntax) {
    ObjectNode property = property(field);
    property.put("type", "array").put("maxItems", most);
    texture(property.withObject("/items"), syntax);
  }

  void integers(String field, int many, int least, int most) {
    ObjectNode property = property(field);
    property.put("type", "array").put("maxItems", many);
    property.withObject("/items").put("type", "integer").put("minimum", least).put("maximum", most);
  }

  void textMap(String field, int most, Syntax values) {
    ObjectNode property = property(field);
    property.put("type", "object").put("maxProperties", most);
    texture(property.withObject("/additionalProperties"), values);
  }

  void portMap(String field, int most) {
    ObjectNode property = property(field);
    property.put("type", "object").put("maxProperties", most);
    property
        .withObject("/additionalProperties")
        .put("type", "integer")
        .put("minimum", 1)
        .put("maximum", 65_535);
  }

  void anything(String field) {
    property(field);
  }

  private boolean requires(String field) {
    for (var name : schema.path("required")) {
      if (name.asText().equals(field)) {
        return true;
      }
    }
    return false;
  }

  private String at(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  private ObjectNode property(String field) {
    ObjectNode properties = schema.withObject("/properties");
    if (properties.get(field) instanceof ObjectNode known) {
      return known;
    }
    ObjectNode property = properties.putObject(field);
    property.put("description", docs.of(at(field)));
    return property;
  }

  private static void texture(ObjectNode property, Syntax syntax) {
    property.put("type", "string");
    if (!syntax.pattern().isEmpty()) {
      property.put("pattern", "^(?:" + syntax.pattern() + ")$");
    }
    if (syntax.most() > 0) {
      property.put("maxLength", syntax.most());
    }
    if (!syntax.equals(Syntax.ANY)) {
      property.put("x-expected", syntax.expected());
    }
  }
}
