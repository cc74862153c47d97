package io.heddle.proxy.engine.stats;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All statistics at about one moment, sorted by name. */
public record StatsSnapshot(
    List<Scalar> counters, List<Scalar> gauges, List<Distribution> histograms, List<Text> texts) {
  /** Copies the lists. */
  public StatsSnapshot {
    counters = List.copyOf(counters);
    gauges = List.copyOf(gauges);
    histograms = List.copyOf(histograms);
    texts = List.copyOf(texts);
  }

  /** A counter or a gauge. */
  public record Scalar(StatName name, long value) {}

  /** A text such as a version. */
  public record Text(StatName name, String value) {}

  /** How many values lie from {@code floor} on, below {@code floor + width}. */
  public record Bucket(long floor, long width, long count) {}

  /** A histogram since the start, or since the last reset. */
  public static final class Distribution {
    private final StatName name;
    private final long[] counts;
    private final long sum;
    private final long count;
    private final double[] bounds;

    Distribution(StatName name, long[] counts, long sum, double[] bounds) {
      this.bounds = bounds.clone();
      this.name = name;
      this.counts = counts;
      this.sum = sum;
      long total = 0;
      for (long c : counts) {
        total += c;
      }
      this.count = total;
    }

    /** The name. */
    public StatName name() {
      return name;
    }

    /** How many values were recorded. */
    public long count() {
      return count;
    }

    /** Upper bounds of the buckets that are shown, ascending. */
    public double[] bounds() {
      return bounds.clone();
    }

    /** The buckets that hold something, in order, as finely as they are kept. */
    public List<Bucket> buckets() {
      List<Bucket> filled = new ArrayList<>();
      for (int b = 0; b < counts.length; b++) {
        if (counts[b] > 0) {
          long floor = HistogramStat.floor(b);
          filled.add(new Bucket(floor, HistogramStat.floor(b + 1) - floor, counts[b]));
        }
      }
      return filled;
    }

    /** The sum of the values. */
    public long sum() {
      return sum;
    }

    /** The value that a share of the values, 0 to 1, does not pass; 0 where there is none. */
    public double quantile(double share) {
      long rank = Math.max(1, (long) Math.ceil(share * count));
      long seen = 0;
      for (int bucket = 0; bucket < counts.length; bucket++) {
        seen += counts[bucket];
        if (counts[bucket] > 0 && seen >= rank) {
          return HistogramStat.floor(bucket);
        }
      }
      return 0;
    }

    /** How many values are at most {@code bound}. */
    public long atMost(double bound) {
      long seen = 0;
      for (int bucket = 0;
          bucket < counts.length && HistogramStat.floor(bucket) <= bound;
          bucket++) {
        seen += counts[bucket];
      }
      return seen;
    }
  }

  /** The value of the counter of this full name. */
  public Optional<Long> counter(String name) {
    return find(counters, name);
  }

  /** The value of the gauge of this full name. */
  public Optional<Long> gauge(String name) {
    return find(gauges, name);
  }

  /** The text of this full name. */
  public Optional<String> text(String name) {
    for (Text text : texts) {
      if (text.name().full().equals(name)) {
        return Optional.of(text.value());
      }
    }
    return Optional.empty();
  }

  private static Optional<Long> find(List<Scalar> scalars, String name) {
    for (Scalar scalar : scalars) {
      if (scalar.name().full().equals(name)) {
        return Optional.of(scalar.value());
      }
    }
    return Optional.empty();
  }
}
