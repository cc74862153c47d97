package io.heddle.proxy.app.sidecar;

import io.heddle.xds.client.XdsScheduler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;

/** Runs tasks when the test says so, on the test's thread, by a clock that only the test moves. */
public final class ManualScheduler implements XdsScheduler {
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private long now;

  private record Waiting(long at, Runnable task) {}

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public Timer schedule(Runnable task, Duration delay) {
    Waiting entry = new Waiting(now + delay.toNanos(), task);
    waiting.add(entry);
    return () -> waiting.remove(entry);
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public void close() {}

  /** Runs everything that is due. */
  public void settle() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Moves the clock, running each timer at its time. */
  public void advance(Duration by) {
    settle();
    long end = now + by.toNanos();
    while (true) {
      Waiting next =
          waiting.stream()
              .filter(entry -> entry.at <= end)
              .min(Comparator.comparingLong(Waiting::at))
              .orElse(null);
      if (next == null) {
        break;
      }
      waiting.remove(next);
      now = Math.max(now, next.at);
      next.task.run();
      settle();
    }
    now = end;
  }
}
