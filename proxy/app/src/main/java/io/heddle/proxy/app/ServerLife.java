package io.heddle.proxy.app;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Where the process stands between its start and its end, in Envoy's words. Safe on every thread;
 * fields are guarded by {@code this}.
 */
public final class ServerLife {

  /**
   * States in the order in which they are passed; the numbers are those of {@code server.state}.
   */
  public enum State {
    /** The first clusters are not there. */
    PRE_INITIALIZING(2),
    /** The first listeners are not there. */
    INITIALIZING(3),
    LIVE(0),
    DRAINING(1);

    private final int number;

    State(int number) {
      this.number = number;
    }

    /** The value of the gauge {@code server.state}. */
    public int number() {
      return number;
    }
  }

  private final Instant started;
  private final List<Runnable> whenChanged = new ArrayList<>();
  private final CountDownLatch quit = new CountDownLatch(1);
  private State state = State.PRE_INITIALIZING;
  private volatile boolean healthFailed;

  ServerLife(InstantSource clock) {
    this.started = clock.instant();
  }

  /** The state, as `/ready` tells it: a failed health check counts as draining. */
  public synchronized State state() {
    return healthFailed && state == State.LIVE ? State.DRAINING : state;
  }

  /** When the process started. */
  public Instant started() {
    return started;
  }

  /** Goes on to a later state; an earlier one is ignored. */
  public void reach(State next) {
    synchronized (this) {
      if (next.compareTo(state) <= 0) {
        return;
      }
      state = next;
    }
    tell();
  }

  /** Sets or clears the failure that {@code /healthcheck/fail} declares. */
  public void failHealth(boolean failed) {
    synchronized (this) {
      if (healthFailed == failed) {
        return;
      }
      healthFailed = failed;
    }
    tell();
  }

  /** Whether an operator has declared the proxy unhealthy. */
  public boolean healthFailed() {
    return healthFailed;
  }

  /** Says that a listener was bound, removed or drained, which whoever watches may care for. */
  public void listenersChanged() {
    tell();
  }

  /** Whether requests may be sent here. */
  public boolean live() {
    return state() == State.LIVE;
  }

  /** Runs the task now and after every change, that of the listeners included. */
  public void onChange(Runnable task) {
    synchronized (this) {
      whenChanged.add(task);
    }
    task.run();
  }

  /** Asks for the end of the process. */
  public void requestQuit() {
    quit.countDown();
  }

  /** Waits until the end is asked for. */
  public void awaitQuit() throws InterruptedException {
    quit.await();
  }

  private void tell() {
    List<Runnable> tasks;
    synchronized (this) {
      tasks = List.copyOf(whenChanged);
    }
    tasks.forEach(Runnable::run);
  }
}
