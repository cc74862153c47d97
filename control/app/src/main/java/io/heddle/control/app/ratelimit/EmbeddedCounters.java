package io.heddle.control.app.ratelimit;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Counters of this process, for one server. */
final class EmbeddedCounters implements Counters {
  private static final int MOST = 1_000_000;
  private static final long SWEEP_MILLIS = 10_000;

  private final InstantSource clock;
  private final int most;
  private final ConcurrentHashMap<String, Counter> counters = new ConcurrentHashMap<>();
  private final AtomicLong sweptMillis = new AtomicLong();

  /** One counter. */
  private static final class Counter {
    private final long windowMillis;
    private long index; // Guarded by this, as are the two below.
    private long current;
    private long previous;

    Counter(long windowMillis) {
      this.windowMillis = windowMillis;
    }

    synchronized Taken take(Ask ask, long nowMillis) {
      long now = nowMillis / windowMillis;
      long into = nowMillis % windowMillis;
      if (now > index) {
        previous = now == index + 1 ? current : 0;
        current = 0;
        index = now;
      } else if (now < index) {
        into = 0; // The clock went back: as if the window had just begun.
      }
      double left = 1 - (double) into / windowMillis;
      double used = previous * left + current;
      boolean admitted = ask.hits() == 0 ? used < ask.limit() : used + ask.hits() <= ask.limit();
      long leased = 0;
      if (admitted) {
        long room = (long) (ask.limit() - used - ask.hits());
        leased = Math.min(room, Math.min(ask.lease(), Counters.largestLease(ask.limit())));
        current += ask.hits() + leased;
        used += ask.hits() + leased;
      }
      return new Taken(
          admitted, Math.max(0, (long) (ask.limit() - used)), leased, windowMillis - into);
    }

    synchronized boolean over(long nowMillis) {
      return nowMillis / windowMillis > index + 1;
    }
  }

  EmbeddedCounters(InstantSource clock) {
    this(clock, MOST);
  }

  EmbeddedCounters(InstantSource clock, int most) {
    this.clock = clock;
    this.most = most;
  }

  @Override
  public CompletionStage<List<Taken>> take(List<Ask> asks) {
    long now = clock.millis();
    sweep(now);
    List<Taken> taken = new ArrayList<>(asks.size());
    for (Ask ask : asks) {
      // A limit whose window was changed counts anew.
      String key = ask.windowMillis() + "/" + ask.key();
      Counter counter = counters.get(key);
      if (counter == null) {
        if (counters.size() >= most) {
          return CompletableFuture.failedFuture(
              new IllegalStateException("counters: " + most + " (expected: fewer)"));
        }
        counter = counters.computeIfAbsent(key, _ -> new Counter(ask.windowMillis()));
      }
      taken.add(counter.take(ask, now));
    }
    return CompletableFuture.completedFuture(taken);
  }

  /** Forgets counters that count nothing any more; now and then, by whoever comes. */
  private void sweep(long now) {
    long last = sweptMillis.get();
    if (now - last >= SWEEP_MILLIS && sweptMillis.compareAndSet(last, now)) {
      counters.values().removeIf(counter -> counter.over(now));
    }
  }

  int count() {
    return counters.size();
  }

  @Override
  public void close() {
    counters.clear();
  }
}
