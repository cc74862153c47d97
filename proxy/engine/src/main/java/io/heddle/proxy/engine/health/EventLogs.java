package io.heddle.proxy.engine.health;

import java.io.IOException;

/** Opens files for events. Safe on every thread. */
@FunctionalInterface
public interface EventLogs {
  /**
   * Appends to this file, which is shared with all that write to it.
   *
   * @throws IOException where it cannot be opened
   */
  EventSink open(String path) throws IOException;
}
