package io.heddle.control.app;

import io.heddle.control.core.rollout.Rollouts;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets rollouts do what is due, on a thread of its own. */
final class RolloutClock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RolloutClock.class);
  private static final int BETWEEN_MILLIS = 200;

  private final Rollouts rollouts;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;

  RolloutClock(Rollouts rollouts) {
    this.rollouts = rollouts;
    this.thread = Thread.ofPlatform().name("heddle-rollouts").daemon().start(this::run);
  }

  private void run() {
    String last = "";
    try {
      while (!ended.await(BETWEEN_MILLIS, TimeUnit.MILLISECONDS)) {
        try {
          rollouts.tick();
          last = "";
        } catch (RuntimeException e) {
          String now = String.valueOf(e.getMessage());
          if (!now.equals(last)) { // else it would be said five times a second
            LOG.error("a rollout could not be looked at, and is again in a moment", e);
          }
          last = now;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.info("the clock of rollouts was interrupted and ends");
    }
  }

  /** Returns when a look that was under way is over. */
  @Override
  public void close() {
    ended.countDown();
    try {
      if (!thread.join(Duration.ofSeconds(15))) {
        LOG.warn("a rollout is still looked at after 15 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
