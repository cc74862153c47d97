package io.heddle.proxy.app.runtime;

import com.google.gson.stream.JsonWriter;
import io.heddle.proxy.app.admin.AdminRequest;
import io.heddle.proxy.app.admin.AdminResponse;
import io.heddle.proxy.engine.runtime.LayeredRuntime;
import io.heddle.proxy.engine.runtime.RuntimeSnapshot;
import io.heddle.xds.model.RuntimeValue;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The pages {@code /runtime} and {@code /runtime_modify}, with Envoy's output. */
public final class RuntimePages {
  private static final int LONGEST_KEY = 1024;
  private static final int MOST_KEYS = 10_000;

  private final LayeredRuntime runtime;
  private final Optional<Integer> adminLayer;

  /** Pages over a runtime; without an admin layer nothing can be changed. */
  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  public RuntimePages(LayeredRuntime runtime, Optional<Integer> adminLayer) {
    this.runtime = runtime;
    this.adminLayer = adminLayer;
  }

  /** Every key with its value in each layer, empty where the layer has none, and what counts. */
  public AdminResponse show(AdminRequest request) {
    RuntimeSnapshot snapshot = runtime.snapshot();
    StringWriter text = new StringWriter();
    try (JsonWriter out = new JsonWriter(text)) {
      out.setIndent(" ");
      out.beginObject();
      out.name("layers").beginArray();
      for (RuntimeSnapshot.Layer layer : snapshot.layers()) {
        out.value(layer.name());
      }
      out.endArray();
      out.name("entries").beginObject();
      for (Map.Entry<String, RuntimeValue> entry : new TreeMap<>(snapshot.values()).entrySet()) {
        out.name(entry.getKey()).beginObject();
        out.name("layer_values").beginArray();
        for (RuntimeSnapshot.Layer layer : snapshot.layers()) {
          RuntimeValue value = layer.values().get(entry.getKey());
          out.value(value == null ? "" : value.text());
        }
        out.endArray();
        out.name("final_value").value(entry.getValue().text());
        out.endObject();
      }
      out.endObject();
      out.endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return AdminResponse.json(text + "\n");
  }

  /** Sets the keys of the query; an empty value takes the key out of the admin layer. */
  public AdminResponse modify(AdminRequest request) {
    if (request.query().isEmpty()) {
      return AdminResponse.text(
          400, "usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n");
    }
    if (adminLayer.isEmpty()) {
      return AdminResponse.text(503, "layered_runtime: found no admin_layer, expected one\n");
    }
    for (String key : request.query().keySet()) {
      if (key.length() > LONGEST_KEY) {
        return AdminResponse.text(
            400, "key: found " + key.length() + " characters, expected at most 1024\n");
      }
    }
    int place = adminLayer.get();
    int held = runtime.snapshot().layers().get(place).values().size();
    if (held + request.query().size() > MOST_KEYS) {
      return AdminResponse.text(400, "keys: expected at most " + MOST_KEYS + " in all\n");
    }
    runtime.modify(place, request.query());
    return AdminResponse.text(200, "OK\n");
  }
}
