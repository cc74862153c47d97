package io.heddle.control.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what is due, again and again, on a thread of its own. */
final class Repeating implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Repeating.class);

  private final String name;
  private final Duration between;
  private final Runnable work;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;

  /**
   * Begins with it.
   *
   * @param name of the thread
   */
  Repeating(String name, Duration between, Runnable work) {
    this.name = name;
    this.between = between;
    this.work = work;
    this.thread = Thread.ofPlatform().name(name).daemon().start(this::run);
  }

  private void run() {
    String last = "";
    try {
      while (!ended.await(between.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          work.run();
          last = "";
        } catch (RuntimeException e) {
          String now = String.valueOf(e.getMessage());
          if (!now.equals(last)) { // else it would be said several times a second
            LOG.error("{}: could not do what is due, and tries again in a moment", name, e);
          }
          last = now;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.info("{} was interrupted and ends", name);
    }
  }

  /** Returns when what was under way is over. */
  @Override
  public void close() {
    ended.countDown();
    try {
      if (!thread.join(Duration.ofSeconds(15))) {
        LOG.warn("{} is still at it after 15 s", name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
