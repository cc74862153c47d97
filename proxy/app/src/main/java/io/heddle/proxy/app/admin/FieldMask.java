package io.heddle.proxy.app.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/**
 * The fields of a dump that are asked for: comma-separated paths of field names, as in {@code
 * google.protobuf.FieldMask}. A path that leads into a list holds for each of its elements.
 */
final class FieldMask {
  private static final String TYPE = "@type";

  private final Map<String, FieldMask> fields = new TreeMap<>();

  private FieldMask() {}

  /** A mask of these paths; an empty step is left out. */
  static FieldMask parse(String paths) {
    FieldMask root = new FieldMask();
    for (String path : paths.split(",", -1)) {
      FieldMask at = root;
      for (String step : path.strip().split("\\.", -1)) {
        if (!step.isEmpty()) {
          at = at.fields.computeIfAbsent(step, _ -> new FieldMask());
        }
      }
    }
    return root;
  }

  /** Whether anything of an object is asked for. */
  boolean touches(JsonObject object) {
    return fields.keySet().stream().anyMatch(object::has);
  }

  /** What is left; the type of an {@code Any} always is. */
  JsonElement apply(JsonElement element) {
    if (fields.isEmpty()) {
      return element;
    }
    return switch (element) {
      case JsonObject object -> {
        JsonObject left = new JsonObject();
        for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
          FieldMask below = fields.get(entry.getKey());
          if (below != null) {
            left.add(entry.getKey(), below.apply(entry.getValue()));
          } else if (entry.getKey().equals(TYPE)) {
            left.add(TYPE, entry.getValue());
          }
        }
        yield left;
      }
      case JsonArray array -> {
        JsonArray left = new JsonArray();
        for (JsonElement one : array) {
          left.add(apply(one));
        }
        yield left;
      }
      default -> element;
    };
  }
}
