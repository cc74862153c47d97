package io.heddle.proxy.app;

import io.heddle.xds.client.XdsScheduler;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Lets a proxy that has its last good configuration on disk serve before it does anything else:
 * loading gRPC and talking to the control plane would take the processors from it just then. Safe
 * on every thread.
 */
final class HeadStart {
  /** So long, as a start takes that long where the processors are busy with other work. */
  static final Duration LONGEST = Duration.ofSeconds(2);

  private final XdsScheduler scheduler;
  private final ServerLife life;
  private final boolean onDisk;

  HeadStart(XdsScheduler scheduler, ServerLife life, boolean onDisk) {
    this.scheduler = scheduler;
    this.life = life;
    this.onDisk = onDisk;
  }

  /**
   * Runs the task once: when the proxy is live or the longest head start is over, at once where
   * there is nothing on disk.
   */
  void then(Runnable task) {
    if (!onDisk) {
      task.run();
      return;
    }
    AtomicBoolean run = new AtomicBoolean();
    Runnable once =
        () -> {
          if (run.compareAndSet(false, true)) {
            task.run();
          }
        };
    scheduler.execute(() -> {
      var _ = scheduler.schedule(once, LONGEST);
    });
    life.onChange(() -> {
      if (life.live()) {
        once.run();
      }
    });
  }
}
