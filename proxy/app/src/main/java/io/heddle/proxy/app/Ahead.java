package io.heddle.proxy.app;

import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.xds.client.LastGood;
import io.heddle.xds.client.LastGoodStore;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.parse.ResourceParser;
import java.nio.file.Path;
import java.util.List;

/**
 * Begins, beside the main thread, with what the start of a proxy of the mesh takes longest for: the
 * library behind its sockets, and the classes that read its last good configuration, a few
 * resources of which are read once and forgotten.
 *
 * <p>Nothing depends on it. On a machine that is busy each thread gets a share of the processors,
 * so that a start in three threads is done sooner than one in a single thread.
 */
final class Ahead {
  /** Of each type; a first one initialises its classes, others the rarer of them. */
  private static final int RESOURCES = 3;

  private Ahead() {}

  static void begin(String[] args) {
    List<String> words = List.of(args);
    if (words.isEmpty()
        || !(words.getFirst().equals("sidecar") || words.getFirst().equals("gateway"))) {
      return;
    }
    run("heddle-ahead-sockets", Sockets::epollAvailable);
    int state = words.indexOf("--state");
    if (state > 0 && state + 1 < words.size()) {
      run("heddle-ahead-config", () -> read(words.get(state + 1)));
    }
  }

  private static void run(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    // Whatever fails here fails again, and is told, where it is needed.
    thread.setUncaughtExceptionHandler((_, _) -> {});
    thread.start();
  }

  /** Reads what is there; whether it is any good is for those to say who use it. */
  static int read(String stateFolder) {
    int read = 0;
    if (LastGoodStore.peek(Path.of(stateFolder, DynamicPlane.LAST_GOOD))
        instanceof LastGoodStore.Loaded.Found(LastGood found)) {
      ResourceParser parser = new ResourceParser(ParseOptions.STRICT);
      for (ResourceType type : ResourceType.values()) {
        List<ReceivedResource> resources = found.of(type);
        for (int i = 0; i < resources.size() && i < RESOURCES; i++) {
          parser.parse(type, resources.get(i).body());
          read++;
        }
      }
    }
    return read;
  }
}
