package io.heddle.proxy.api;

import java.time.Duration;

/**
 * A thread beside the event loops, for work that belongs to no exchange. It is one for all: a task
 * takes microseconds and never blocks. Safe on every thread.
 */
public interface Background {
  /** Runs {@code task} soon. */
  void run(Runnable task);

  /** Runs {@code task} every {@code interval} (1 ms at least), until it is cancelled. */
  HttpFilterContext.Timer every(Duration interval, Runnable task);
}
