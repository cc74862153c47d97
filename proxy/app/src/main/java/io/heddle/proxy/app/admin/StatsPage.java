package io.heddle.proxy.app.admin;

import com.google.gson.stream.JsonWriter;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import io.heddle.proxy.engine.stats.StatsSnapshot.Bucket;
import io.heddle.proxy.engine.stats.StatsSnapshot.Distribution;
import io.heddle.proxy.engine.stats.StatsSnapshot.Scalar;
import io.heddle.proxy.engine.stats.StatsSnapshot.Text;
import io.heddle.proxy.engine.stats.StatsText;
import io.heddle.proxy.engine.stats.StatsText.Buckets;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * {@code /stats}: {@code usedonly}, {@code filter=REGEX}, {@code
 * type=Counters|Gauges|Histograms|TextReadouts}, {@code format=text|json|prometheus}, {@code
 * histogram_buckets=none|cumulative|disjoint|detailed}, {@code text_readouts} for Prometheus.
 *
 * <p>Histograms are kept since the start, not by interval, so that the half of each pair that Envoy
 * gives to the last interval is {@code nan} in text and null in JSON.
 */
public final class StatsPage implements AdminPage {
  private static final int MAX_FILTER = 1024;

  private final Supplier<StatsSnapshot> stats;
  private final boolean prometheusByDefault;

  public StatsPage(Supplier<StatsSnapshot> stats, boolean prometheusByDefault) {
    this.stats = stats;
    this.prometheusByDefault = prometheusByDefault;
  }

  @Override
  public AdminResponse answer(AdminRequest request) {
    String filter = request.value("filter").orElse("");
    if (filter.length() > MAX_FILTER) {
      return AdminResponse.text(
          400, "filter: found " + filter.length() + " characters, expected at most 1024\n");
    }
    Predicate<String> wanted = _ -> true;
    if (!filter.isEmpty()) {
      try {
        Pattern pattern = Pattern.compile(filter);
        wanted = name -> pattern.matcher(name).find();
      } catch (PatternSyntaxException e) {
        return AdminResponse.text(
            400, "filter: expected an RE2 expression: " + e.getMessage() + "\n");
      }
    }
    Optional<Buckets> buckets = buckets(request.value("histogram_buckets").orElse("none"));
    if (buckets.isEmpty()) {
      return AdminResponse.text(
          400, "histogram_buckets: expected none, cumulative, disjoint or detailed\n");
    }
    Optional<StatsSnapshot> shown = ofType(request.value("type").orElse("All"));
    if (shown.isEmpty()) {
      return AdminResponse.text(
          400, "type: expected All, Counters, Gauges, Histograms or TextReadouts\n");
    }
    StatsText text = new StatsText(wanted, request.has("usedonly"));
    String format = request.value("format").orElse(prometheusByDefault ? "prometheus" : "text");
    return switch (format) {
      case "text" -> AdminResponse.text(200, text.lines(shown.get(), buckets.get()));
      case "prometheus" ->
          AdminResponse.of(
              200,
              "text/plain; version=0.0.4; charset=utf-8",
              text.prometheus(shown.get(), request.has("text_readouts")));
      case "json" -> AdminResponse.json(json(shown.get(), text, buckets.get()));
      default -> AdminResponse.text(400, "format: expected text, json or prometheus\n");
    };
  }

  private static Optional<Buckets> buckets(String name) {
    for (Buckets buckets : Buckets.values()) {
      if (buckets.name().equals(name.toUpperCase(Locale.ROOT))) {
        return Optional.of(buckets);
      }
    }
    return Optional.empty();
  }

  private Optional<StatsSnapshot> ofType(String type) {
    StatsSnapshot all = stats.get();
    return switch (type) {
      case "All" -> Optional.of(all);
      case "Counters" ->
          Optional.of(new StatsSnapshot(all.counters(), List.of(), List.of(), List.of()));
      case "Gauges" ->
          Optional.of(new StatsSnapshot(List.of(), all.gauges(), List.of(), List.of()));
      case "Histograms" ->
          Optional.of(new StatsSnapshot(List.of(), List.of(), all.histograms(), List.of()));
      case "TextReadouts" ->
          Optional.of(new StatsSnapshot(List.of(), List.of(), List.of(), all.texts()));
      default -> Optional.empty();
    };
  }

  private static String json(StatsSnapshot stats, StatsText text, Buckets buckets) {
    StringWriter written = new StringWriter(8192);
    try (JsonWriter out = new JsonWriter(written)) {
      out.beginObject().name("stats").beginArray();
      for (Text readout : stats.texts()) {
        if (text.shows(readout)) {
          out.beginObject().name("name").value(readout.name().full());
          out.name("value").value(readout.value()).endObject();
        }
      }
      scalars(out, stats.counters(), text);
      scalars(out, stats.gauges(), text);
      out.beginObject().name("histograms");
      switch (buckets) {
        case NONE -> summaries(out, stats, text);
        case CUMULATIVE, DISJOINT -> bounded(out, stats, text, buckets == Buckets.DISJOINT);
        case DETAILED -> detailed(out, stats, text);
      }
      out.endObject();
      out.endArray().endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return written.toString();
  }

  private static void scalars(JsonWriter out, List<Scalar> scalars, StatsText text)
      throws IOException {
    for (Scalar scalar : scalars) {
      if (text.shows(scalar)) {
        out.beginObject().name("name").value(scalar.name().full());
        out.name("value").value(scalar.value()).endObject();
      }
    }
  }

  private static void summaries(JsonWriter out, StatsSnapshot stats, StatsText text)
      throws IOException {
    out.beginObject();
    percents(out, "supported_quantiles");
    out.name("computed_quantiles").beginArray();
    for (Distribution histogram : stats.histograms()) {
      if (text.shows(histogram)) {
        out.beginObject().name("name").value(histogram.name().full());
        quantiles(out, "values", histogram);
        out.endObject();
      }
    }
    out.endArray().endObject();
  }

  private static void percents(JsonWriter out, String name) throws IOException {
    out.name(name).beginArray();
    for (double quantile : StatsText.quantiles()) {
      out.value(Math.round(quantile * 1000) / 10.0);
    }
    out.endArray();
  }

  private static void quantiles(JsonWriter out, String name, Distribution histogram)
      throws IOException {
    out.name(name).beginArray();
    for (double quantile : StatsText.quantiles()) {
      out.beginObject().name("interval").nullValue().name("cumulative");
      if (histogram.count() == 0) {
        out.nullValue();
      } else {
        out.value(histogram.quantile(quantile));
      }
      out.endObject();
    }
    out.endArray();
  }

  private static void bounded(JsonWriter out, StatsSnapshot stats, StatsText text, boolean disjoint)
      throws IOException {
    out.beginArray();
    for (Distribution histogram : stats.histograms()) {
      if (!text.shows(histogram)) {
        continue;
      }
      out.beginObject().name("name").value(histogram.name().full()).name("buckets").beginArray();
      long before = 0;
      for (double bound : histogram.bounds()) {
        long atMost = histogram.atMost(bound);
        out.beginObject().name("upper_bound").value(bound).name("interval").nullValue();
        out.name("cumulative").value(atMost - (disjoint ? before : 0)).endObject();
        before = atMost;
      }
      out.endArray().endObject();
    }
    out.endArray();
  }

  private static void detailed(JsonWriter out, StatsSnapshot stats, StatsText text)
      throws IOException {
    out.beginObject();
    percents(out, "supported_percentiles");
    out.name("details").beginArray();
    for (Distribution histogram : stats.histograms()) {
      if (!text.shows(histogram)) {
        continue;
      }
      out.beginObject().name("name").value(histogram.name().full()).name("totals").beginArray();
      for (Bucket bucket : histogram.buckets()) {
        out.beginObject().name("lower_bound").value(bucket.floor());
        out.name("width").value(bucket.width());
        out.name("count").value(bucket.count()).endObject();
      }
      out.endArray().name("intervals").beginArray().endArray();
      quantiles(out, "percentiles", histogram);
      out.endObject();
    }
    out.endArray().endObject();
  }
}
