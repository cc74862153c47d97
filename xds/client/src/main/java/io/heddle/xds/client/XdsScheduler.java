package io.heddle.xds.client;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * The one thread that owns a client's state, with its clock.
 *
 * <p>Tasks run one after the other in the order in which they were handed in; a timer's task runs
 * on the same thread.
 */
public interface XdsScheduler extends Executor, AutoCloseable {

  /** Runs a task after a delay, unless the answer is cancelled before. */
  Timer schedule(Runnable task, Duration delay);

  /** Monotonic nanoseconds. */
  long nanoTime();

  /** Ends the thread after the task that runs now; what is handed in later is dropped. */
  @Override
  void close();

  /** A task that waits for its time. */
  interface Timer {
    /** Takes the task back if it has not started. */
    void cancel();
  }

  /** A daemon thread of this name. */
  static XdsScheduler singleThread(String name) {
    return new ThreadScheduler(name);
  }
}
