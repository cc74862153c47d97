package io.heddle.proxy.app.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;

/** Takes what must not be shown out of configuration. */
final class Secrets {
  private static final JsonPrimitive REDACTED = new JsonPrimitive("[redacted]");

  /** The same words where bytes are written in base 64, so that the dump stays a message. */
  private static final JsonPrimitive REDACTED_BYTES =
      new JsonPrimitive(
          Base64.getEncoder().encodeToString("[redacted]".getBytes(StandardCharsets.UTF_8)));

  private Secrets() {}

  /** A copy in which the values of keys that name secrets are replaced. */
  static JsonElement redact(JsonElement element) {
    if (element.isJsonObject()) {
      JsonObject out = new JsonObject();
      for (Map.Entry<String, JsonElement> entry : element.getAsJsonObject().entrySet()) {
        out.add(
            entry.getKey(),
            secret(entry.getKey()) ? hide(entry.getValue()) : redact(entry.getValue()));
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

  /** Keeps the shape of a {@code DataSource}, and the name of its file. */
  private static JsonElement hide(JsonElement element) {
    return switch (element) {
      case JsonObject object -> {
        JsonObject out = new JsonObject();
        for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
          String key = entry.getKey().replace("_", "").toLowerCase(Locale.ROOT);
          out.add(
              entry.getKey(),
              switch (key) {
                case "filename", "environmentvariable", "watcheddirectory", "name", "@type" ->
                    entry.getValue();
                case "inlinebytes" -> REDACTED_BYTES;
                default -> hide(entry.getValue());
              });
        }
        yield out;
      }
      case JsonArray array -> {
        JsonArray out = new JsonArray();
        array.forEach(child -> out.add(hide(child)));
        yield out;
      }
      default -> REDACTED;
    };
  }

  private static boolean secret(String key) {
    return switch (key.toLowerCase(Locale.ROOT).replace("_", "")) {
      case "privatekey",
          "privatekeyprovider",
          "pkcs12",
          "password",
          "sessionticketkeys",
          "genericsecret",
          "hmacsecret",
          "tokensecret",
          "clientsecret",
          "credential" ->
          true;
      default -> false;
    };
  }
}
