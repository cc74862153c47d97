package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.health.CheckState;
import io.heddle.proxy.engine.health.CheckState.Failure;
import io.heddle.proxy.engine.health.CheckStats;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Checks one host: asks, waits for the answer or its time, waits until the next time. One loop owns
 * it, however many use the host.
 */
final class HostCheck {
  private final Worker worker;
  private final CheckState state;
  private final CheckStats stats;
  private final long timeoutNanos;
  private final Watcher watcher;
  private final HostProbe.Listener listener = new Results();
  private final Deadline interval =
      new Deadline() {
        @Override
        protected void expired() {
          ask();
        }
      };
  private final Deadline timeout =
      new Deadline() {
        @Override
        protected void expired() {
          timedOut();
        }
      };

  // Of the loop.
  private @Nullable HostProbe probe;
  private boolean first = true;
  private boolean stopped;

  /** Who is told of results. On the loop. */
  interface Watcher {
    /** The first result is there, or there will be none. */
    void first();

    /** The host has passed a check and is not unhealthy. */
    void well();
  }

  HostCheck(Worker worker, CheckState state, CheckStats stats, long timeoutNanos, Watcher watcher) {
    this.worker = worker;
    this.state = state;
    this.stats = stats;
    this.timeoutNanos = timeoutNanos;
    this.watcher = watcher;
  }

  /** What it has found out. Safe on every thread. */
  CheckState state() {
    return state;
  }

  /** Begins; on any thread. */
  void start(Function<HostProbe.Listener, HostProbe> maker) {
    onLoop(() -> {
      if (stopped) {
        return;
      }
      probe = maker.apply(listener);
      state.begin();
      long wait = state.firstWait();
      if (wait == 0) {
        ask();
      } else {
        worker.wheel().arm(interval, wait);
      }
    });
  }

  /** Ends; on any thread. */
  void stop() {
    onLoop(() -> {
      if (stopped) {
        return;
      }
      stopped = true;
      worker.wheel().remove(interval);
      worker.wheel().remove(timeout);
      HostProbe open = probe;
      if (open != null) {
        open.close();
        state.end();
      }
      firstIsThere();
    });
  }

  /** The host said so in the answer to somebody's request; on any thread. */
  void failedInPassing() {
    onLoop(() -> {
      if (!stopped) {
        state.leaveOut();
        var _ = state.failed(Failure.PASSIVE, false);
      }
    });
  }

  private void onLoop(Runnable task) {
    worker.loop().execute(() -> worker.batch(task));
  }

  private void ask() {
    HostProbe with = probe;
    if (stopped || with == null) {
      return;
    }
    stats.attempted();
    // Before it asks, which may bring the answer.
    worker.wheel().arm(timeout, timeoutNanos);
    with.ask();
  }

  private void timedOut() {
    HostProbe with = probe;
    if (stopped || with == null) {
      return;
    }
    with.giveUp();
    next(state.failed(Failure.NETWORK_TIMEOUT, true));
  }

  private void next(long nanos) {
    worker.wheel().remove(timeout);
    worker.wheel().arm(interval, nanos);
    firstIsThere();
  }

  private void firstIsThere() {
    if (first) {
      first = false;
      watcher.first();
    }
  }

  private final class Results implements HostProbe.Listener {
    @Override
    public void well(boolean degraded) {
      if (!stopped) {
        next(state.succeeded(degraded));
        if (!state.failed()) {
          watcher.well();
        }
      }
    }

    @Override
    public void unwell(Failure failure, boolean repeatable, boolean leaveOut) {
      if (!stopped) {
        if (leaveOut) {
          state.leaveOut();
        }
        next(state.failed(failure, repeatable));
      }
    }
  }
}
