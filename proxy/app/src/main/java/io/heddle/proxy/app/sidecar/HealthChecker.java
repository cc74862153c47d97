package io.heddle.proxy.app.sidecar;

import io.heddle.xds.client.XdsScheduler;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the application again and again: every 100 ms until it is well for the first time, then
 * every second. One success makes it healthy, two failures in a row unhealthy. Owned by the
 * scheduler's thread, on which the probe runs.
 */
public final class HealthChecker {
  static final Duration FIRST_INTERVAL = Duration.ofMillis(100);
  static final Duration INTERVAL = Duration.ofSeconds(1);
  static final int UNHEALTHY_THRESHOLD = 2;
  private static final Logger LOG = LoggerFactory.getLogger(HealthChecker.class);

  private final HealthProbe probe;
  private final XdsScheduler scheduler;
  private final Listener listener;
  private boolean healthy;
  private boolean everHealthy;
  private boolean told;
  private boolean stopped;
  private int failures;

  /** Told at first and whenever it changes. */
  @FunctionalInterface
  public interface Listener {
    /** Tells the verdict; {@code detail} says why it is unhealthy. */
    void health(boolean healthy, String detail);
  }

  public HealthChecker(HealthProbe probe, XdsScheduler scheduler, Listener listener) {
    this.probe = probe;
    this.scheduler = scheduler;
    this.listener = listener;
  }

  /** Checks now and from now on. */
  public void start() {
    scheduler.execute(this::check);
  }

  /** No more checks. */
  public void stop() {
    scheduler.execute(() -> stopped = true);
  }

  private void check() {
    if (stopped) {
      return;
    }
    Optional<String> failure = probe.failure();
    if (failure.isEmpty()) {
      failures = 0;
      everHealthy = true;
      if (!healthy) {
        LOG.info("The application is healthy");
      }
      tell(true, "");
    } else {
      failures++;
      if (healthy && failures >= UNHEALTHY_THRESHOLD) {
        LOG.warn("The application is unhealthy: {}", failure.get());
        tell(false, failure.get());
      } else if (!told) {
        tell(false, failure.get());
      }
    }
    var _ = scheduler.schedule(this::check, everHealthy ? INTERVAL : FIRST_INTERVAL);
  }

  private void tell(boolean now, String detail) {
    if (!told || now != healthy) {
      told = true;
      healthy = now;
      listener.health(now, detail);
    }
  }
}
