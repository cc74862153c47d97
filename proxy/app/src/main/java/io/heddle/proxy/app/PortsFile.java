package io.heddle.proxy.app;

import com.google.gson.JsonObject;
import io.heddle.proxy.app.sidecar.StateFolder;
import io.heddle.proxy.engine.ListenerView;
import java.io.IOException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code ports.json} in the state folder: where the proxy listens, for people and scripts. */
final class PortsFile {
  private static final Logger LOG = LoggerFactory.getLogger(PortsFile.class);
  private static final String NAME = "ports.json";

  private PortsFile() {}

  /** Removes that of an earlier run: a reader must not take it for this one's. */
  static void clear(StateFolder state) throws IOException {
    state.delete(NAME);
  }

  /**
   * Writes it.
   *
   * @param fixed what is known beside the listeners, such as the admin port
   */
  static void write(StateFolder state, Map<String, Object> fixed, Iterable<ListenerView> views) {
    JsonObject out = new JsonObject();
    fixed.forEach((key, value) -> {
      if (value instanceof Integer number) {
        out.addProperty(key, number);
      } else {
        out.addProperty(key, value.toString());
      }
    });
    JsonObject listeners = new JsonObject();
    for (ListenerView view : views) {
      if (view.address().isPresent() && !view.address().get().isUnresolved()) {
        listeners.addProperty(view.name(), view.address().get().getPort());
      }
    }
    out.add("listeners", listeners);
    try {
      state.write(NAME, out + "\n");
    } catch (IOException e) {
      LOG.warn("Cannot write {} in {}: {}", NAME, state.folder(), e.toString());
    }
  }
}
