package io.heddle.control.core.store;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * Writes from the moment that it is told to until it is killed, and says on its output what was
 * acknowledged.
 */
final class StoreKillChild {
  private StoreKillChild() {}

  public static void main(String[] args) throws IOException {
    // In a folder that nobody looks at, so that all classes are there when it is told to begin.
    Path scratch = Path.of(args[0] + "-scratch-" + ProcessHandle.current().pid());
    try (EmbeddedStore loaded =
        EmbeddedStore.open(EmbeddedStoreConfig.of(scratch), InstantSource.system())) {
      loaded.write(Samples.put("loaded", 1), Samples.WRITER);
    }
    if (System.in.read() < 0) {
      return; // whoever started it is gone
    }
    EmbeddedStore store =
        EmbeddedStore.open(EmbeddedStoreConfig.of(Path.of(args[0])), InstantSource.system());
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.US_ASCII);
    for (int w = 0; w < 8; w++) {
      String name = "writer-" + w;
      int from = store.get(Samples.key(name)).map(Samples::number).orElse(0) + 1;
      Thread.ofPlatform().start(() -> write(store, name, from, out));
    }
  }

  private static void write(EmbeddedStore store, String name, int from, PrintStream out) {
    for (int number = from; ; number++) {
      store.write(Samples.put(name, number), Samples.WRITER);
      synchronized (out) {
        out.print(name + " " + number + "\n");
        out.flush();
      }
    }
  }
}
