package io.heddle.control.core.registry;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pulse on a daemon thread of its own. Work that fails is logged and does not end the pulse. */
public final class ThreadPulse implements Pulse {
  private static final Logger LOG = LoggerFactory.getLogger(ThreadPulse.class);

  private final ScheduledThreadPoolExecutor executor;

  public ThreadPulse(String name) {
    this.executor =
        new ScheduledThreadPoolExecutor(
            1, work -> Thread.ofPlatform().name(name).daemon(true).unstarted(work));
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    executor.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
  }

  @Override
  public void soon(Runnable work) {
    try {
      executor.execute(() -> guarded(work));
    } catch (RejectedExecutionException e) {
      LOG.debug("Dropped, as the pulse was closed", e);
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // ends with the pulse; failures are caught inside
  public void every(Duration period, Runnable work) {
    executor.scheduleWithFixedDelay(
        () -> guarded(work), period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      LOG.error("Work of the registry failed", e);
    }
  }

  @Override
  public void close() {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.warn("Work of the registry still runs after 10 s");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
