package io.heddle.proxy.engine.stats;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** All statistics at about one moment, sorted by name. */
public record StatsSnapshot(
    List<Scalar> counters, List<Scalar> gauges, List<Distribution> histograms) {
  private static final double[] QUANTILES = {0, .25, .5, .75, .9, .95, .99, .995, .999, 1};
  private static final String[] QUANTILE_NAMES = {
    "P0", "P25", "P50", "P75", "P90", "P95", "P99", "P99.5", "P99.9", "P100"
  };
  private static final double[] BOUNDS = {
    0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000,
    1800000, 3600000
  };

  /** Copies the lists. */
  public StatsSnapshot {
    counters = List.copyOf(counters);
    gauges = List.copyOf(gauges);
    histograms = List.copyOf(histograms);
  }

  /** A counter or a gauge. */
  public record Scalar(StatName name, long value) {}

  /** A histogram since the start. */
  public static final class Distribution {
    private final StatName name;
    private final long[] counts;
    private final long sum;
    private final long count;

    Distribution(StatName name, long[] counts, long sum) {
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

  private static Optional<Long> find(List<Scalar> scalars, String name) {
    for (Scalar scalar : scalars) {
      if (scalar.name().full().equals(name)) {
        return Optional.of(scalar.value());
      }
    }
    return Optional.empty();
  }

  /**
   * The lines of Envoy's {@code /stats}: {@code name: value}.
   *
   * @param wanted by full name
   * @param usedOnly leaves out counters and histograms at zero
   */
  public String text(Predicate<String> wanted, boolean usedOnly) {
    StringBuilder out = new StringBuilder(8192);
    List<Scalar> all = new java.util.ArrayList<>(counters);
    all.addAll(gauges);
    all.sort(java.util.Comparator.comparing(scalar -> scalar.name().full()));
    for (Scalar scalar : all) {
      if (wanted.test(scalar.name().full()) && !(usedOnly && scalar.value() == 0)) {
        out.append(scalar.name().full()).append(": ").append(scalar.value()).append('\n');
      }
    }
    for (Distribution histogram : histograms) {
      String name = histogram.name().full();
      if (!wanted.test(name) || (usedOnly && histogram.count() == 0)) {
        continue;
      }
      out.append(name).append(": ");
      if (histogram.count() == 0) {
        out.append("No recorded values\n");
        continue;
      }
      for (int i = 0; i < QUANTILES.length; i++) {
        String value = number(histogram.quantile(QUANTILES[i]));
        out.append(i == 0 ? "" : " ").append(QUANTILE_NAMES[i]);
        out.append('(').append(value).append(',').append(value).append(')');
      }
      out.append('\n');
    }
    return out.toString();
  }

  /** Prometheus' text format, as Envoy writes it: one family a name, tags as labels. */
  public String prometheus(Predicate<String> wanted, boolean usedOnly) {
    StringBuilder out = new StringBuilder(16_384);
    scalars(out, counters, "counter", wanted, usedOnly);
    scalars(out, gauges, "gauge", wanted, usedOnly);
    Map<String, StringBuilder> families = new LinkedHashMap<>();
    for (Distribution histogram : histograms) {
      if (!wanted.test(histogram.name().full()) || (usedOnly && histogram.count() == 0)) {
        continue;
      }
      String family = family(histogram.name());
      StringBuilder lines =
          families.computeIfAbsent(family, f -> new StringBuilder("# TYPE " + f + " histogram\n"));
      String labels = labels(histogram.name());
      for (double bound : BOUNDS) {
        bucket(lines, family, labels, number(bound), histogram.atMost(bound));
      }
      bucket(lines, family, labels, "+Inf", histogram.count());
      lines.append(family).append("_sum{").append(labels).append("} ");
      lines.append(histogram.sum()).append('\n');
      lines.append(family).append("_count{").append(labels).append("} ");
      lines.append(histogram.count()).append('\n');
    }
    families.values().forEach(out::append);
    return out.toString();
  }

  private static void bucket(
      StringBuilder out, String family, String labels, String bound, long count) {
    out.append(family).append("_bucket{").append(labels).append(labels.isEmpty() ? "" : ",");
    out.append("le=\"").append(bound).append("\"} ").append(count).append('\n');
  }

  private static void scalars(
      StringBuilder out,
      List<Scalar> scalars,
      String type,
      Predicate<String> wanted,
      boolean usedOnly) {
    Map<String, StringBuilder> families = new LinkedHashMap<>();
    for (Scalar scalar : scalars) {
      if (!wanted.test(scalar.name().full()) || (usedOnly && scalar.value() == 0)) {
        continue;
      }
      String family = family(scalar.name());
      families
          .computeIfAbsent(family, f -> new StringBuilder("# TYPE " + f + " " + type + "\n"))
          .append(family)
          .append('{')
          .append(labels(scalar.name()))
          .append("} ")
          .append(scalar.value())
          .append('\n');
    }
    families.values().forEach(out::append);
  }

  private static String family(StatName name) {
    StringBuilder out = new StringBuilder("envoy_");
    for (int i = 0; i < name.extracted().length(); i++) {
      char c = name.extracted().charAt(i);
      out.append(Character.isLetterOrDigit(c) && c < 128 ? c : '_');
    }
    return out.toString();
  }

  private static String labels(StatName name) {
    StringBuilder out = new StringBuilder();
    for (StatName.Tag tag : name.tags()) {
      out.append(out.isEmpty() ? "" : ",").append(tag.name()).append("=\"");
      out.append(tag.value().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
      out.append('"');
    }
    return out.toString();
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%s", value);
  }
}
