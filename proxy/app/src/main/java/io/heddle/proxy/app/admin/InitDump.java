package io.heddle.proxy.app.admin;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** {@code /init_dump}: what the proxy still waits for, as {@code UnreadyTargetsDumps}. */
public final class InitDump implements AdminPage {
  private final Supplier<Map<String, Set<String>>> unready;

  /**
   * Makes the page.
   *
   * @param unready names that are waited for, by what waits for them
   */
  public InitDump(Supplier<Map<String, Set<String>>> unready) {
    this.unready = unready;
  }

  @Override
  public AdminResponse answer(AdminRequest request) {
    StringWriter text = new StringWriter();
    try (JsonWriter out = new JsonWriter(text)) {
      out.setIndent(" ");
      out.beginObject().name("unready_targets_dumps").beginArray();
      for (Map.Entry<String, Set<String>> entry : unready.get().entrySet()) {
        if (!entry.getValue().isEmpty()) {
          out.beginObject().name("name").value(entry.getKey()).name("target_names").beginArray();
          for (String name : entry.getValue()) {
            out.value(name);
          }
          out.endArray().endObject();
        }
      }
      out.endArray().endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return AdminResponse.json(text + "\n");
  }
}
