package io.heddle.control.core.registry;

import io.heddle.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Work that runs when the test moves time; on the test's thread. */
final class ManualPulse implements Pulse {
  private final ManualTime time;
  private final Deque<Runnable> soon = new ArrayDeque<>();
  private final List<Periodic> periodic = new ArrayList<>();

  private static final class Periodic {
    final long period;
    final Runnable work;
    long next;

    Periodic(long period, Runnable work, long next) {
      this.period = period;
      this.work = work;
      this.next = next;
    }
  }

  ManualPulse(ManualTime time) {
    this.time = time;
  }

  @Override
  public void soon(Runnable work) {
    soon.add(work);
  }

  @Override
  public void every(Duration period, Runnable work) {
    periodic.add(new Periodic(period.toNanos(), work, time.nanoTime() + period.toNanos()));
  }

  /** Does what is due now. */
  void run() {
    for (Periodic work : periodic) {
      while (work.next <= time.nanoTime()) {
        work.next += work.period;
        work.work.run();
      }
    }
    for (Runnable work = soon.poll(); work != null; work = soon.poll()) {
      work.run();
    }
  }

  @Override
  public void close() {
    periodic.clear();
    soon.clear();
  }
}
