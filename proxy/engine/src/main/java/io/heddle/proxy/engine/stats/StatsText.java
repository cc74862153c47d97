package io.heddle.proxy.engine.stats;

import io.heddle.proxy.engine.stats.StatsSnapshot.Bucket;
import io.heddle.proxy.engine.stats.StatsSnapshot.Distribution;
import io.heddle.proxy.engine.stats.StatsSnapshot.Scalar;
import io.heddle.proxy.engine.stats.StatsSnapshot.Text;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Statistics as text: Envoy's lines, and Prometheus' format.
 *
 * @param wanted by full name
 * @param usedOnly leaves out what stands at zero
 */
public record StatsText(Predicate<String> wanted, boolean usedOnly) {
  /** The shares of a summary, 0 to 1. */
  private static final double[] QUANTILES = {0, .25, .5, .75, .9, .95, .99, .995, .999, 1};

  private static final String[] QUANTILE_NAMES = {
    "P0", "P25", "P50", "P75", "P90", "P95", "P99", "P99.5", "P99.9", "P100"
  };

  /** How histograms are shown ({@code histogram_buckets} of Envoy's {@code /stats}). */
  public enum Buckets {
    /** Quantiles only. */
    NONE,
    /** How many values are at most each bound. */
    CUMULATIVE,
    /** How many values lie between each bound and the one before. */
    DISJOINT,
    /** Every bucket as finely as it is kept, and quantiles. */
    DETAILED
  }

  /** The shares that a summary shows, ascending. */
  public static double[] quantiles() {
    return QUANTILES.clone();
  }

  /** Whether this is to be shown. */
  public boolean shows(Scalar scalar) {
    return wanted.test(scalar.name().full()) && !(usedOnly && scalar.value() == 0);
  }

  /** Whether this is to be shown. */
  public boolean shows(Text text) {
    return wanted.test(text.name().full()) && !(usedOnly && text.value().isEmpty());
  }

  /** Whether this is to be shown. */
  public boolean shows(Distribution histogram) {
    return wanted.test(histogram.name().full()) && !(usedOnly && histogram.count() == 0);
  }

  /** The lines of Envoy's {@code /stats}: {@code name: value}. */
  public String lines(StatsSnapshot stats, Buckets buckets) {
    StringBuilder out = new StringBuilder(8192);
    for (Text text : stats.texts()) {
      if (shows(text)) {
        out.append(text.name().full()).append(": \"").append(escaped(text.value())).append("\"\n");
      }
    }
    List<Scalar> all = new ArrayList<>(stats.counters());
    all.addAll(stats.gauges());
    all.sort(Comparator.comparing(scalar -> scalar.name().full()));
    for (Scalar scalar : all) {
      if (shows(scalar)) {
        out.append(scalar.name().full()).append(": ").append(scalar.value()).append('\n');
      }
    }
    for (Distribution histogram : stats.histograms()) {
      if (shows(histogram)) {
        histogram(out, histogram, buckets);
      }
    }
    return out.toString();
  }

  private static void histogram(StringBuilder out, Distribution histogram, Buckets buckets) {
    out.append(histogram.name().full()).append(':');
    if (histogram.count() == 0) {
      out.append(" No recorded values\n");
      return;
    }
    switch (buckets) {
      case NONE -> summary(out.append(' '), histogram).append('\n');
      case CUMULATIVE, DISJOINT -> {
        long before = 0;
        for (double bound : histogram.bounds()) {
          long atMost = histogram.atMost(bound);
          out.append(" B").append(number(bound)).append("(0,");
          out.append(atMost - (buckets == Buckets.DISJOINT ? before : 0)).append(')');
          before = atMost;
        }
        out.append('\n');
      }
      case DETAILED -> {
        out.append("\n  totals=");
        String comma = "";
        for (Bucket bucket : histogram.buckets()) {
          out.append(comma).append(bucket.floor()).append(',').append(bucket.width());
          out.append(':').append(bucket.count());
          comma = ", ";
        }
        summary(out.append("\n  intervals=\n  summary="), histogram).append('\n');
      }
    }
  }

  /** There is no interval here, so that its half is always {@code nan}, as Envoy's without one. */
  private static StringBuilder summary(StringBuilder out, Distribution histogram) {
    for (int i = 0; i < QUANTILES.length; i++) {
      out.append(i == 0 ? "" : " ").append(QUANTILE_NAMES[i]).append("(nan,");
      out.append(number(histogram.quantile(QUANTILES[i]))).append(')');
    }
    return out;
  }

  /** One line, whatever a control plane calls its versions. */
  private static String escaped(String text) {
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0");
  }

  /**
   * Prometheus' text format, as Envoy writes it: one family a name, tags as labels.
   *
   * @param texts whether texts are shown, as gauges of zero with the text as a label
   */
  public String prometheus(StatsSnapshot stats, boolean texts) {
    StringBuilder out = new StringBuilder(16_384);
    if (texts) {
      texts(out, stats.texts());
    }
    scalars(out, stats.counters(), "counter");
    scalars(out, stats.gauges(), "gauge");
    Map<String, StringBuilder> families = new LinkedHashMap<>();
    for (Distribution histogram : stats.histograms()) {
      if (!shows(histogram)) {
        continue;
      }
      String family = family(histogram.name());
      StringBuilder lines =
          families.computeIfAbsent(family, f -> new StringBuilder("# TYPE " + f + " histogram\n"));
      String labels = labels(histogram.name());
      for (double bound : histogram.bounds()) {
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

  private void scalars(StringBuilder out, List<Scalar> scalars, String type) {
    Map<String, StringBuilder> families = new LinkedHashMap<>();
    for (Scalar scalar : scalars) {
      if (!shows(scalar)) {
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

  private void texts(StringBuilder out, List<Text> texts) {
    Map<String, StringBuilder> families = new LinkedHashMap<>();
    for (Text text : texts) {
      if (shows(text)) {
        String family = family(text.name());
        StringBuilder line =
            families.computeIfAbsent(family, f -> new StringBuilder("# TYPE " + f + " gauge\n"));
        String labels = labels(text.name());
        line.append(family).append('{').append(labels).append(labels.isEmpty() ? "" : ",");
        line.append("text_value=\"").append(quoted(text.value())).append("\"} 0\n");
      }
    }
    families.values().forEach(out::append);
  }

  private static String quoted(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
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
      out.append(quoted(tag.value()));
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
