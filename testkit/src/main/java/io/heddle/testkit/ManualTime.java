package io.heddle.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Time that moves only when a test moves it: a wall clock and a monotonic one in step. Thread-safe.
 */
public final class ManualTime implements InstantSource {
  private final Instant start;
  private final AtomicLong nanos = new AtomicLong();

  /** Starts at a fixed instant, 2026-01-01T00:00:00Z. */
  public ManualTime() {
    this(Instant.parse("2026-01-01T00:00:00Z"));
  }

  /** Starts at this instant. */
  public ManualTime(Instant start) {
    this.start = start;
  }

  @Override
  public Instant instant() {
    return start.plusNanos(nanos.get());
  }

  /** Nanoseconds since the start. */
  public long nanoTime() {
    return nanos.get();
  }

  /** Moves both clocks on; never back. */
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("by: " + by + " (expected: >= 0)");
    }
    nanos.addAndGet(by.toNanos());
  }
}
