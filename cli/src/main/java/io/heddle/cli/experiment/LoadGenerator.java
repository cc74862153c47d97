package io.heddle.cli.experiment;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open loop: each request is sent when it is due, whether or not earlier ones were answered, and
 * its time counts from when it was due. What would be under way beyond a bound is not sent, and
 * counted so.
 */
final class LoadGenerator {
  private final Pace pace;
  private final Caller caller;
  private final Executor threads;
  private final int most;
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * @param threads runs each request on a thread of its own
   * @param most how many are under way at once
   */
  LoadGenerator(Pace pace, Caller caller, Executor threads, int most) {
    this.pace = pace;
    this.caller = caller;
    this.threads = threads;
    this.most = most;
  }

  private record Due(long at, Load load, Series series, Rate.Arrivals arrivals) {
    Due next() {
      return new Due(arrivals.next(), load, series, arrivals);
    }
  }

  /**
   * Sends until the end; returns then, with requests still under way.
   *
   * @param start of the pace, from which the series count
   * @param seed of the times: the same one makes the same times
   */
  void run(Map<Load, Series> loads, long start, Duration length, long seed)
      throws InterruptedException {
    SplittableRandom random = new SplittableRandom(seed);
    PriorityQueue<Due> queue = new PriorityQueue<>(Comparator.comparingLong(Due::at));
    // In an order that does not depend on hashes, else neither would the times.
    List<Map.Entry<Load, Series>> sorted = new ArrayList<>(loads.entrySet());
    sorted.sort(Comparator.comparing(entry -> entry.getKey().name()));
    for (Map.Entry<Load, Series> entry : sorted) {
      Load load = entry.getKey();
      Rate.Arrivals arrivals = load.rate().new Arrivals(random.split());
      queue.add(new Due(arrivals.next(), load, entry.getValue(), arrivals));
    }
    for (Due due = queue.poll(); due != null && due.at() < length.toNanos(); due = queue.poll()) {
      pace.sleepUntil(start + due.at());
      send(due, start);
      queue.add(due.next());
    }
    pace.sleepUntil(start + length.toNanos());
  }

  private void send(Due due, long start) {
    due.series().due(due.at());
    if (underWay.incrementAndGet() > most) {
      underWay.decrementAndGet();
      due.series().ended(due.at(), 0, Outcome.UNSENT);
      return;
    }
    threads.execute(() -> {
      try {
        Duration left = due.load().deadline().minusNanos(pace.now() - start - due.at());
        Outcome outcome = left.isPositive() ? caller.call(due.load(), left) : Outcome.LATE;
        due.series().ended(due.at(), pace.now() - start - due.at(), outcome);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        due.series().ended(due.at(), pace.now() - start - due.at(), Outcome.BROKEN);
      } finally {
        underWay.decrementAndGet();
      }
    });
  }

  int underWay() {
    return underWay.get();
  }
}
