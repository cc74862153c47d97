package io.heddle.proxy.app.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Locale;
import java.util.Map;

/** Takes what must not be shown out of configuration. */
final class Secrets {
  private static final JsonPrimitive REDACTED = new JsonPrimitive("[redacted]");

  private Secrets() {}

  /** A copy in which the values of keys that name secrets are replaced. */
  static JsonElement redact(JsonElement element) {
    if (element.isJsonObject()) {
      JsonObject out = new JsonObject();
      for (Map.Entry<String, JsonElement> entry : element.getAsJsonObject().entrySet()) {
        out.add(entry.getKey(), secret(entry.getKey()) ? REDACTED : redact(entry.getValue()));
      }
      return out;
    }
    if (element.isJsonArray()) {
      JsonArray out = new JsonArray();
      for (JsonElement child : element.getAsJsonArray()) {
        out.add(redact(child));
      }
      return out;
    }
    return element;
  }

  private static boolean secret(String key) {
    return switch (key.toLowerCase(Locale.ROOT).replace("_", "")) {
      case "privatekey", "password", "hmacsecret", "tokensecret", "clientsecret", "credential" ->
          true;
      default -> false;
    };
  }
}
