package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A mapping of an Istio object that knows where it stands and which of its fields were read; {@link
 * #end} reports the others.
 */
final class Source {
  private final JsonNode node;
  private final String object;
  private final String path;
  private final Notes notes;
  private final Set<String> read = new HashSet<>();

  Source(JsonNode node, String object, String path, Notes notes) {
    this.node = node;
    this.object = object;
    this.path = path;
    this.notes = notes;
  }

  /** Where a field stands: {@code VirtualService default/web spec.http[0].route}. */
  String where(String field) {
    String full = path.isEmpty() || field.isEmpty() ? path + field : path + "." + field;
    return full.isEmpty() ? object : object + " " + full;
  }

  boolean has(String field) {
    return node.hasNonNull(field);
  }

  private JsonNode take(String field) {
    read.add(field);
    return node.path(field);
  }

  /** A text, number or truth value as text; empty where it is missing or something else. */
  String text(String field) {
    JsonNode value = take(field);
    if (value.isContainerNode()) {
      leave(field, "a text was expected");
      return "";
    }
    return value.isNull() ? "" : value.asText("");
  }

  boolean flag(String field) {
    return take(field).asBoolean(false);
  }

  /** A whole number that is not negative; {@code otherwise} where it is missing or no such one. */
  int number(String field, int otherwise) {
    JsonNode value = take(field);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    String text = value.asText("");
    if (!text.matches("[0-9]{1,9}")) {
      leave(field, "a whole number was expected, not " + shown(value));
      return otherwise;
    }
    return Integer.parseInt(text);
  }

  Source object(String field) {
    JsonNode value = take(field);
    if (!value.isObject() && !value.isMissingNode() && !value.isNull()) {
      leave(field, "a mapping was expected");
    }
    return new Source(value, object, path.isEmpty() ? field : path + "." + field, notes);
  }

  List<Source> objects(String field) {
    JsonNode value = take(field);
    List<Source> all = new ArrayList<>();
    for (int i = 0; i < value.size() && value.isArray(); i++) {
      String at = (path.isEmpty() ? field : path + "." + field) + "[" + i + "]";
      all.add(new Source(value.path(i), object, at, notes));
    }
    if (has(field) && !value.isArray()) {
      leave(field, "a list was expected");
    }
    return all;
  }

  List<String> texts(String field) {
    JsonNode value = take(field);
    List<String> all = new ArrayList<>();
    value.forEach(item -> all.add(item.asText("")));
    if (has(field) && !value.isArray()) {
      leave(field, "a list was expected");
    }
    return all;
  }

  Map<String, String> textMap(String field) {
    Map<String, String> all = new LinkedHashMap<>();
    take(field).properties().forEach(e -> all.put(e.getKey(), e.getValue().asText("")));
    return all;
  }

  /** The mappings under the names of a mapping, such as header names. */
  Map<String, Source> named(String field) {
    Map<String, Source> all = new LinkedHashMap<>();
    Source inner = object(field);
    inner.node.fieldNames().forEachRemaining(name -> all.put(name, inner.object(name)));
    return all;
  }

  /** Reports a field as left out, where it is there. */
  void leave(String field, String why) {
    read.add(field);
    if (has(field)) {
      notes.leftOut(where(field), why);
    }
  }

  /** Says that a field was carried over, and means something else now. */
  void changed(String field, String how) {
    notes.changed(where(field), how);
  }

  /** Fields that say nothing about traffic of ours. */
  void ignore(String... fields) {
    read.addAll(List.of(fields));
  }

  /** Reports every field that nobody has read. */
  void end() {
    node.fieldNames()
        .forEachRemaining(field -> {
          if (!read.contains(field) && has(field)) {
            notes.leftOut(where(field), "there is nothing of the kind here");
          }
        });
  }

  private static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }
}
