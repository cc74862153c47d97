package io.heddle.xds.server;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names of one subscription that wait for others, each no longer than the limit. Owned by the
 * stream's shard. Names that begin to wait together share one timer.
 */
final class Holds {
  private static final class Wait {
    private boolean over;
  }

  private final StreamState stream;
  private final Map<String, Wait> waits = new HashMap<>();
  private @Nullable Wait begun;

  Holds(StreamState stream) {
    this.stream = stream;
  }

  /** Whether the name is to wait (on); false once its time is over. */
  boolean wait(String name) {
    Wait wait = waits.get(name);
    if (wait == null) {
      if (begun == null) {
        begun = new Wait();
      }
      wait = begun;
      waits.put(name, wait);
    }
    return !wait.over;
  }

  void release(String name) {
    waits.remove(name);
  }

  /** Releases all others. */
  void retain(Set<String> names) {
    waits.keySet().retainAll(names);
  }

  /** Starts the clock for those that began to wait since the last call. */
  void startTimer() {
    if (begun != null) {
      Wait started = begun;
      begun = null;
      stream.afterOrderingWait(() -> started.over = true);
    }
  }
}
