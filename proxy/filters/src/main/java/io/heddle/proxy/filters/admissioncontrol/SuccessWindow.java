package io.heddle.proxy.filters.admissioncontrol;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many requests there were within the last seconds, and how many of them succeeded. Shared by
 * all event loops, without a lock: what is counted goes to the present second, and who first comes
 * after it has passed begins the next.
 */
final class SuccessWindow {
  private static final long SECOND_NANOS = 1_000_000_000;

  private final long windowNanos;
  private final AtomicReference<State> state;

  private record Slot(long beganNanos, LongAdder requests, LongAdder successes) {
    Slot(long beganNanos) {
      this(beganNanos, new LongAdder(), new LongAdder());
    }
  }

  /** {@code requests} and {@code successes} are those of the seconds that are over. */
  private record State(Slot now, List<Slot> over, long requests, long successes) {
    long oldestNanos() {
      return over.isEmpty() ? now.beganNanos() : over.getFirst().beganNanos();
    }
  }

  /** What was counted. */
  record Counts(long requests, long successes, long perSecond) {}

  /**
   * Nothing counted yet.
   *
   * @param seconds 1 to 3,600
   */
  SuccessWindow(int seconds, long nowNanos) {
    windowNanos = seconds * SECOND_NANOS;
    state = new AtomicReference<>(new State(new Slot(nowNanos), List.of(), 0, 0));
  }

  /** Counts a request that has been answered. */
  void count(boolean success, long nowNanos) {
    Slot now = at(nowNanos).now();
    now.requests().increment();
    if (success) {
      now.successes().increment();
    }
  }

  /** What was counted within the window. */
  Counts counts(long nowNanos) {
    State at = at(nowNanos);
    long requests = at.requests() + at.now().requests().sum();
    long seconds = Math.max(1, (nowNanos - at.oldestNanos()) / SECOND_NANOS);
    return new Counts(
        requests,
        at.successes() + at.now().successes().sum(),
        // Whole ones, as Envoy compares them.
        requests / seconds);
  }

  private State at(long nowNanos) {
    while (true) {
      State seen = Objects.requireNonNull(state.get());
      if (nowNanos - seen.now().beganNanos() < SECOND_NANOS
          && nowNanos - seen.oldestNanos() < windowNanos) {
        return seen;
      }
      State next = next(seen, nowNanos);
      if (state.compareAndSet(seen, next)) {
        return next;
      }
    }
  }

  private State next(State seen, long nowNanos) {
    List<Slot> over = new ArrayList<>(seen.over().size() + 1);
    boolean sameSecond = nowNanos - seen.now().beganNanos() < SECOND_NANOS;
    long requests = 0;
    long successes = 0;
    for (Slot slot : seen.over()) {
      if (nowNanos - slot.beganNanos() < windowNanos) {
        over.add(slot);
      }
    }
    if (!sameSecond && nowNanos - seen.now().beganNanos() < windowNanos) {
      over.add(seen.now());
    }
    for (Slot slot : over) {
      requests += slot.requests().sum();
      successes += slot.successes().sum();
    }
    return new State(
        sameSecond ? seen.now() : new Slot(nowNanos), List.copyOf(over), requests, successes);
  }
}
