package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that writes, 100 times, and finds every acknowledged write. The next process
 * starts, and gets everything loaded, while the one before writes: that is most of what it costs.
 */
class StoreKillIT {
  private static final int KILLS = 100;

  @TempDir Path temp;

  @Test
  void noAcknowledgedWriteIsLostByKilling() throws IOException, InterruptedException {
    Random random = new Random(7);
    Path directory = temp.resolve("store");
    Map<String, Integer> acknowledged = new HashMap<>();
    int acks = 0;
    Process next = start(directory);
    for (int kill = 0; kill < KILLS; kill++) {
      Process child = next;
      next = start(directory);
      try (BufferedReader output = child.inputReader(StandardCharsets.US_ASCII)) {
        child.getOutputStream().write('\n');
        child.getOutputStream().flush();
        int until = 1 + random.nextInt(120);
        for (int heard = 0; heard < until; heard++) {
          String line = output.readLine();
          assertThat(line).as("kill " + kill + ": the child writes").isNotNull();
          acks += note(line, acknowledged);
        }
        // SIGKILL by the handle: the process's own method would close the pipe before it is read.
        assertThat(child.toHandle().destroyForcibly()).isTrue();
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
          acks += note(line, acknowledged); // what the pipe still held was acknowledged as well
        }
        verify(directory, acknowledged, kill);
      } catch (IOException | RuntimeException | Error e) {
        next.destroyForcibly();
        throw e;
      } finally {
        child.destroyForcibly();
      }
    }
    next.destroyForcibly();
    assertThat(acks).isGreaterThan(KILLS * 20);
  }

  /** A line that the kill cut short is no acknowledgement. */
  private static int note(String line, Map<String, Integer> acknowledged) {
    String[] parts = line.split(" ", -1);
    if (parts.length != 2 || parts[1].isEmpty()) {
      return 0;
    }
    acknowledged.merge(parts[0], Integer.parseInt(parts[1]), Math::max);
    return 1;
  }

  private static Process start(Path directory) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "-cp",
            System.getProperty("java.class.path"),
            StoreKillChild.class.getName(),
            directory.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void verify(Path directory, Map<String, Integer> acknowledged, int kill) {
    try (EmbeddedStore store =
        EmbeddedStore.open(EmbeddedStoreConfig.of(directory), InstantSource.system())) {
      acknowledged.forEach((name, number) ->
          assertThat(store.get(Samples.key(name)).map(Samples::number).orElse(-1))
              .as("kill " + kill + ": " + name)
              .isGreaterThanOrEqualTo(number));
    }
  }
}
