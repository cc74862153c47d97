package io.heddle.proxy.engine.overload;

import io.heddle.proxy.engine.loop.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/**
 * How long work has to wait for its event loop. Looked at by one thread, which sends each loop a
 * task and sees how long that takes; asked by every thread.
 */
public final class LoopDelays {
  private final List<Probe> probes = new ArrayList<>();
  private volatile long longestNanos;

  private static final class Probe implements Runnable {
    final Worker worker;
    volatile boolean waits;
    volatile long sentNanos;
    volatile long tookNanos;

    Probe(Worker worker) {
      this.worker = worker;
    }

    @Override
    public void run() {
      tookNanos = worker.nanoTime() - sentNanos;
      waits = false;
    }
  }

  /** Nothing seen yet. */
  public LoopDelays(List<Worker> workers) {
    for (Worker worker : workers) {
      probes.add(new Probe(worker));
    }
  }

  /** Looks at every loop. */
  public void look() {
    long longest = 0;
    for (Probe probe : probes) {
      if (probe.waits) {
        // One that has not come back waits for so long at least.
        longest = Math.max(longest, probe.worker.nanoTime() - probe.sentNanos);
        continue;
      }
      longest = Math.max(longest, probe.tookNanos);
      probe.sentNanos = probe.worker.nanoTime();
      probe.waits = true;
      try {
        probe.worker.loop().execute(probe);
      } catch (RejectedExecutionException _) {
        // The loop has ended.
        probe.tookNanos = 0;
      }
    }
    longestNanos = longest;
  }

  /** The longest of the last look. */
  public long longestNanos() {
    return longestNanos;
  }
}
