package io.heddle.proxy.app.admin;

import com.google.gson.stream.JsonWriter;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** {@code /stats}: {@code usedonly}, {@code filter=REGEX}, {@code format=text|json|prometheus}. */
public final class StatsPage implements AdminPage {
  private static final double[] QUANTILES = {0, .25, .5, .75, .9, .95, .99, .995, .999, 1};
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
    boolean usedOnly = request.has("usedonly");
    String format = request.value("format").orElse(prometheusByDefault ? "prometheus" : "text");
    return switch (format) {
      case "text" -> AdminResponse.text(200, stats.get().text(wanted, usedOnly));
      case "prometheus" ->
          AdminResponse.of(
              200,
              "text/plain; version=0.0.4; charset=utf-8",
              stats.get().prometheus(wanted, usedOnly));
      case "json" -> AdminResponse.json(json(stats.get(), wanted, usedOnly));
      default -> AdminResponse.text(400, "format: expected text, json or prometheus\n");
    };
  }

  private static String json(StatsSnapshot stats, Predicate<String> wanted, boolean usedOnly) {
    StringWriter text = new StringWriter(8192);
    try (JsonWriter out = new JsonWriter(text)) {
      out.beginObject().name("stats").beginArray();
      scalars(out, stats.counters(), wanted, usedOnly);
      scalars(out, stats.gauges(), wanted, usedOnly);
      out.beginObject().name("histograms").beginObject();
      out.name("supported_quantiles").beginArray();
      for (double quantile : QUANTILES) {
        out.value(Math.round(quantile * 1000) / 10.0);
      }
      out.endArray().name("computed_quantiles").beginArray();
      for (StatsSnapshot.Distribution histogram : stats.histograms()) {
        String name = histogram.name().full();
        if (wanted.test(name) && !(usedOnly && histogram.count() == 0)) {
          histogram(out, histogram, name);
        }
      }
      out.endArray().endObject().endObject();
      out.endArray().endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void scalars(
      JsonWriter out,
      List<StatsSnapshot.Scalar> scalars,
      Predicate<String> wanted,
      boolean usedOnly)
      throws IOException {
    for (StatsSnapshot.Scalar scalar : scalars) {
      String name = scalar.name().full();
      if (wanted.test(name) && !(usedOnly && scalar.value() == 0)) {
        out.beginObject().name("name").value(name);
        out.name("value").value(scalar.value()).endObject();
      }
    }
  }

  private static void histogram(JsonWriter out, StatsSnapshot.Distribution histogram, String name)
      throws IOException {
    out.beginObject().name("name").value(name).name("values").beginArray();
    for (double quantile : QUANTILES) {
      out.beginObject().name("interval").nullValue().name("cumulative");
      if (histogram.count() == 0) {
        out.nullValue();
      } else {
        out.value(histogram.quantile(quantile));
      }
      out.endObject();
    }
    out.endArray().endObject();
  }
}
