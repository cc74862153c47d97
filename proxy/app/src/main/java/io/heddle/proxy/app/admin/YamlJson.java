package io.heddle.proxy.app.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Shows a bootstrap, which has been read and accepted before, as the JSON that it stands for. */
public final class YamlJson {
  private YamlJson() {}

  /** The document; an empty object where it is no mapping. */
  public static JsonObject of(String yaml) {
    Object document = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    JsonElement element = convert(document);
    return element.isJsonObject() ? element.getAsJsonObject() : new JsonObject();
  }

  private static JsonElement convert(Object value) {
    return switch (value) {
      case null -> JsonNull.INSTANCE;
      case Map<?, ?> map -> {
        JsonObject out = new JsonObject();
        map.forEach((key, child) -> out.add(String.valueOf(key), convert(child)));
        yield out;
      }
      case List<?> list -> {
        JsonArray out = new JsonArray();
        list.forEach(child -> out.add(convert(child)));
        yield out;
      }
      case Number number -> new JsonPrimitive(number);
      case Boolean bool -> new JsonPrimitive(bool);
      default -> new JsonPrimitive(value.toString());
    };
  }
}
