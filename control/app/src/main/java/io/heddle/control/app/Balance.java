package io.heddle.control.app;

import io.heddle.control.core.registry.Membership;
import io.heddle.control.core.shared.SharedKeysException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the streams of several control planes about even: one that has more than its share lets a
 * few go now and then, which then choose among the others.
 */
final class Balance implements AutoCloseable {
  /** Half of the time between two looks. */
  private static final Duration HALF = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(Balance.class);

  /** So many above the mean are no matter. */
  private static final int LEAST = 8;

  private final Membership membership;
  private final OpenCalls calls;
  private final Thread thread;

  Balance(Membership membership, OpenCalls calls) {
    this.membership = membership;
    this.calls = calls;
    this.thread = Thread.ofVirtual().name("heddle-balance").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(
            HALF.toMillis() + ThreadLocalRandom.current().nextLong(2 * HALF.toMillis()));
        try {
          int own = calls.size();
          int most = surplus(own, membership.exchange(own));
          if (most > 0) {
            int ended = calls.shed(most, "another control plane has fewer streams: go there");
            LOG.info("{} of {} streams are sent to other control planes", ended, own);
          }
        } catch (SharedKeysException e) {
          LOG.debug("The streams are not balanced now", e);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // it was closed
    }
  }

  /**
   * How many streams to let go now: a tenth of what is too much, and nothing of what is about even.
   *
   * @param all of all control planes, this one included
   */
  static int surplus(int own, List<Integer> all) {
    int sum = 0;
    for (int each : all) {
      sum += each;
    }
    int mean = all.isEmpty() ? own : sum / all.size();
    int tooMany = own - mean;
    return tooMany <= Math.max(LEAST, mean / 10) ? 0 : Math.max(1, tooMany / 10);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
