package io.heddle.proxy.engine;

import io.heddle.proxy.api.Background;
import io.heddle.proxy.api.HttpFilterContext.Timer;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread beside the event loops; what is asked of it after its end is dropped. */
record ScheduledBackground(ScheduledExecutorService executor) implements Background {
  private static final Logger LOG = LoggerFactory.getLogger(ScheduledBackground.class);

  @Override
  public void run(Runnable task) {
    try {
      executor.execute(guarded(task));
    } catch (RejectedExecutionException ended) {
      LOG.debug("A task came after the end", ended);
    }
  }

  @Override
  public Timer every(Duration interval, Runnable task) {
    long millis = Math.max(1, interval.toMillis());
    try {
      ScheduledFuture<?> running =
          executor.scheduleWithFixedDelay(guarded(task), millis, millis, TimeUnit.MILLISECONDS);
      return () -> running.cancel(false);
    } catch (RejectedExecutionException ended) {
      return () -> {};
    }
  }

  /** One failure must not end what comes regularly. */
  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException failure) {
        LOG.warn("A task beside the event loops failed", failure);
      }
    };
  }
}
