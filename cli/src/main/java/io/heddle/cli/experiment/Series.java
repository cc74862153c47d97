package io.heddle.cli.experiment;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What became of the requests of one kind, by the time at which they were due, in slices of equal
 * width. A request that is not answered yet counts as due alone. Safe on any thread.
 */
final class Series {
  private final long width;
  private final Slice[] slices;

  /** Guarded by the series. */
  private static final class Slice {
    private final Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
    private final LatencyHistogram answered = new LatencyHistogram();
    private final LatencyHistogram refused = new LatencyHistogram();
    private int due;
  }

  /**
   * @param length of the whole; what is due later counts in the last slice
   */
  Series(Duration width, Duration length) {
    this.width = width.toNanos();
    long count = (length.toNanos() + this.width - 1) / this.width;
    if (count < 1 || count > 10_000) {
      throw new IllegalArgumentException("slices: " + count + " (expected: 1 to 10,000)");
    }
    slices = new Slice[(int) count];
    for (int i = 0; i < slices.length; i++) {
      slices[i] = new Slice();
    }
  }

  /**
   * Requests of a time.
   *
   * @param due how many
   * @param ok of them answered well
   * @param refused told that there is too much
   * @param failed answered with another error, or not at all, or never sent
   * @param late of these, those that were not answered before their client went
   * @param p50 milliseconds within which half of those answered well were
   * @param refusedP99 as {@code p99}, of those refused
   */
  record Totals(
      int due,
      int ok,
      int refused,
      int failed,
      int late,
      double p50,
      double p99,
      double refusedP99) {
    /** Of those due, 0 to 1; 1 where none is. */
    double success() {
      return due == 0 ? 1 : (double) ok / due;
    }
  }

  /** A slice of the whole, from its {@code at} on, in seconds. */
  record Point(double at, double seconds, Totals totals) {}

  private Slice at(long nanos) {
    return slices[Math.clamp(nanos / width, 0, slices.length - 1)];
  }

  /** A request is due. */
  synchronized void due(long at) {
    at(at).due++;
  }

  /**
   * What became of it.
   *
   * @param at when it was due, in nanoseconds from the beginning
   * @param nanos from then on
   */
  synchronized void ended(long at, long nanos, Outcome outcome) {
    Slice slice = at(at);
    slice.counts.merge(outcome, 1, Integer::sum);
    switch (outcome) {
      case OK -> slice.answered.record(nanos);
      case REFUSED -> slice.refused.record(nanos);
      case FAILED, BROKEN, LATE, UNSENT -> {}
    }
  }

  synchronized int count(Outcome outcome) {
    int sum = 0;
    for (Slice slice : slices) {
      sum += slice.counts.getOrDefault(outcome, 0);
    }
    return sum;
  }

  /** Of the slices that lie in a window as a whole. */
  synchronized Totals between(Window window) {
    int from = Math.clamp((window.from().toNanos() + width - 1) / width, 0, slices.length);
    int to = Math.clamp(window.to().toNanos() / width, from, slices.length);
    return totals(from, to);
  }

  private Totals totals(int from, int to) {
    LatencyHistogram answered = new LatencyHistogram();
    LatencyHistogram refused = new LatencyHistogram();
    int due = 0;
    int late = 0;
    for (int i = from; i < to; i++) {
      late += slices[i].counts.getOrDefault(Outcome.LATE, 0);
      late += slices[i].counts.getOrDefault(Outcome.UNSENT, 0);
      answered.add(slices[i].answered);
      refused.add(slices[i].refused);
      due += slices[i].due;
    }
    int ok = (int) answered.total();
    int no = (int) refused.total();
    return new Totals(
        due,
        ok,
        no,
        due - ok - no,
        late,
        answered.millis(0.5),
        answered.millis(0.99),
        refused.millis(0.99));
  }

  synchronized List<Point> points() {
    List<Point> points = new ArrayList<>();
    double seconds = width / 1e9;
    for (int i = 0; i < slices.length; i++) {
      points.add(new Point(i * seconds, seconds, totals(i, i + 1)));
    }
    return points;
  }
}
