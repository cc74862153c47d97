package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Observed.Sample;
import io.heddle.cli.experiment.Scenario.Judgement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Writes a report as one page: no scripts, nothing that is loaded from elsewhere. Both runs have
 * the same scales, side by side.
 */
final class HtmlReport {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --line: #8886; --mark: #c338; }
      body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px;
             padding: 0 1rem; }
      h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; }
      .sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 2rem; }
      figure { margin: 0 0 1rem; } figcaption { font-weight: 600; }
      svg { width: 100%; height: auto; display: block; }
      svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
      .grid { stroke: var(--line); } .mark { stroke: var(--mark); stroke-dasharray: 4 3; }
      .s { fill: none; stroke-width: 1.6; }
      .s0 { stroke: #1f77b4; } .s1 { stroke: #d62728; } .s2 { stroke: #2ca02c; }
      .s3 { stroke: #9467bd; } .s4 { stroke: #ff7f0e; } .s5 { stroke: #17becf; }
      .k0 { color: #1f77b4; } .k1 { color: #d62728; } .k2 { color: #2ca02c; }
      .k3 { color: #9467bd; } .k4 { color: #ff7f0e; } .k5 { color: #17becf; }
      table { border-collapse: collapse; width: 100%; } td { padding: .2rem .5rem;
      border-top: 1px solid var(--line); vertical-align: top; } .ok { color: #2a8a3a; }
      .no { color: #c33; font-weight: 600; }
      """;

  private final StringBuilder out = new StringBuilder();
  private final Report report;

  private HtmlReport(Report report) {
    this.report = report;
  }

  static String of(Report report) {
    return new HtmlReport(report).page();
  }

  /**
   * A line of a chart.
   *
   * @param values NaN leaves a gap
   */
  private record Line(String name, List<Double> seconds, List<Double> values) {}

  private String page() {
    out.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>Heddle: ")
        .append(escaped(report.name()))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>")
        .append(escaped(report.name()))
        .append("</h1>\n<p>")
        .append(escaped(report.summary()))
        .append(". ")
        .append(report.settings().rate())
        .append(" requests a second, ")
        .append(report.settings().seconds())
        .append(" s of fault.</p>\n<div class=\"sides\">\n");
    report.sides().forEach(this::side);
    return out.append("</div>\n</body>\n</html>\n").toString();
  }

  private void side(Report.Side side) {
    out.append("<section>\n<h2>")
        .append(side.governance() == Governance.WITHOUT ? "Without governance" : "With governance")
        .append("</h2>\n");
    chart(side, "Success, %", success(side), 100);
    chart(side, "Time of what succeeds, p99, ms", times(side), scale(HtmlReport::times));
    chart(
        side,
        "Requests that reach an instance, a second",
        arrivals(side),
        scale(HtmlReport::arrivals));
    out.append("<table>\n");
    for (Judgement judgement : side.judgements()) {
      out.append("<tr><td class=\"")
          .append(judgement.passed() ? "ok\">ok" : "no\">fails")
          .append("</td><td>")
          .append(escaped(judgement.what()))
          .append("</td><td>")
          .append(escaped(judgement.measured()))
          .append("</td></tr>\n");
    }
    out.append("</table>\n</section>\n");
  }

  private static List<Line> success(Report.Side side) {
    return lines(side, totals -> totals.due() == 0 ? Double.NaN : totals.success() * 100);
  }

  private static List<Line> times(Report.Side side) {
    return lines(side, totals -> totals.ok() == 0 ? Double.NaN : totals.p99());
  }

  private static List<Line> lines(Report.Side side, ToDoubleFunction<Series.Totals> value) {
    List<Line> lines = new ArrayList<>();
    new TreeMap<>(side.observed().loads())
        .forEach((name, series) -> {
          List<Series.Point> points = series.points();
          lines.add(
              new Line(
                  name,
                  points.stream().map(Series.Point::at).toList(),
                  points.stream().map(point -> value.applyAsDouble(point.totals())).toList()));
        });
    return lines;
  }

  private static List<Line> arrivals(Report.Side side) {
    List<Line> lines = new ArrayList<>();
    new TreeMap<>(side.observed().services())
        .forEach((name, samples) ->
            lines.add(
                new Line(
                    name,
                    samples.stream().map(Sample::at).toList(),
                    samples.stream().map(Sample::perSecond).toList())));
    return lines;
  }

  /** The most of both runs. */
  private double scale(Function<Report.Side, List<Line>> of) {
    double most = 1;
    for (Report.Side side : report.sides()) {
      for (Line line : of.apply(side)) {
        for (double value : line.values()) {
          most = Double.isNaN(value) ? most : Math.max(most, value);
        }
      }
    }
    return most;
  }

  private static final int LEFT = 48;
  private static final int RIGHT = 470;
  private static final int TOP = 8;
  private static final int BOTTOM = 150;

  private void chart(Report.Side side, String title, List<Line> lines, double most) {
    double length = side.observed().phases().length().toNanos() / 1e9;
    out.append("<figure>\n<figcaption>").append(escaped(title)).append("</figcaption>\n");
    out.append("<svg viewBox=\"0 0 480 170\" role=\"img\" aria-label=\"")
        .append(escaped(title))
        .append("\">\n");
    for (int i = 0; i <= 2; i++) {
      double y = BOTTOM - (BOTTOM - TOP) * i / 2.0;
      rule("grid", LEFT, y, RIGHT, y);
      text(LEFT - 6, y + 4, "end", Checks.number(Math.rint(most * i / 2)));
    }
    for (Report.Event event : side.events()) {
      double x = x(event.at(), length);
      out.append("<g><title>").append(escaped(event.what())).append("</title>");
      rule("mark", x, TOP, x, BOTTOM);
      out.append("</g>\n");
      text(x, BOTTOM + 14, "middle", Checks.number(Math.rint(event.at())) + " s");
    }
    for (int i = 0; i < lines.size(); i++) {
      path(lines.get(i), i % 6, length, most);
    }
    out.append("</svg>\n<div>");
    for (int i = 0; i < lines.size(); i++) {
      out.append("<span class=\"k")
          .append(i % 6)
          .append("\">■ ")
          .append(escaped(lines.get(i).name()))
          .append("</span> ");
    }
    out.append("</div>\n</figure>\n");
  }

  private static double x(double at, double length) {
    return LEFT + (RIGHT - LEFT) * Math.clamp(at / length, 0, 1);
  }

  private void path(Line line, int colour, double length, double most) {
    StringBuilder path = new StringBuilder();
    boolean pen = false;
    for (int i = 0; i < line.values().size(); i++) {
      double value = line.values().get(i);
      if (Double.isNaN(value)) {
        pen = false;
        continue;
      }
      double y = BOTTOM - (BOTTOM - TOP) * Math.clamp(value / most, 0, 1);
      path.append(pen ? 'L' : 'M')
          .append(coordinate(x(line.seconds().get(i), length)))
          .append(' ')
          .append(coordinate(y));
      pen = true;
    }
    out.append("<path class=\"s s").append(colour).append("\" d=\"").append(path).append("\"/>\n");
  }

  private void rule(String type, double x1, double y1, double x2, double y2) {
    out.append(
        "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>\n"
            .formatted(type, coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2)));
  }

  private void text(double x, double y, String anchor, String text) {
    out.append(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>\n"
            .formatted(coordinate(x), coordinate(y), anchor, escaped(text)));
  }

  private static String coordinate(double number) {
    return String.format(Locale.ROOT, "%.1f", number);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
