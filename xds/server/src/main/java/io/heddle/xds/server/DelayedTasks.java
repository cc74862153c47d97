package io.heddle.xds.server;

import java.time.Duration;

/** Runs tasks later, on any thread; a task does no more than queue work. */
@FunctionalInterface
public interface DelayedTasks {
  /** Runs a task once the delay is over. */
  void runAfter(Duration delay, Runnable task);
}
