package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Observed.Sample;
import io.heddle.cli.experiment.Scenario.Judgement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes a report as text of 80 columns. */
final class TextReport {
  private static final int NAME = 14;
  private static final int WIDTH = 46;
  private static final int LINE = 80;

  private final StringBuilder out = new StringBuilder();

  private TextReport() {}

  static String of(Report report) {
    TextReport text = new TextReport();
    text.line(report.name() + ": " + report.summary() + ".");
    for (Report.Side side : report.sides()) {
      text.side(side);
    }
    text.line("");
    text.line(
        report.passed()
            ? "Governance did what is expected of it."
            : "Governance did not do what is expected of it.");
    return text.out.toString();
  }

  private void side(Report.Side side) {
    line("");
    line(side.governance() == Governance.WITHOUT ? "WITHOUT GOVERNANCE" : "WITH GOVERNANCE");
    new TreeMap<>(side.observed().loads()).forEach(this::load);
    for (Map.Entry<String, List<Sample>> service :
        new TreeMap<>(side.observed().services()).entrySet()) {
      double[] values = service.getValue().stream().mapToDouble(Sample::perSecond).toArray();
      double most = most(values);
      row(
          "load " + service.getKey(),
          Spark.row(values, most, WIDTH, false),
          "to " + Checks.number(Math.rint(most)) + "/s");
    }
    row("", marks(side), "");
    for (int i = 0; i < side.events().size(); i++) {
      Report.Event event = side.events().get(i);
      line("  %s %5.1f s  %s".formatted((char) ('a' + i), event.at(), event.what()));
    }
    for (Judgement judgement : side.judgements()) {
      wrapped(
          "  " + (judgement.passed() ? "ok    " : "FAILS ") + " ",
          judgement.what() + ": " + judgement.measured());
    }
  }

  private void load(String name, Series series) {
    List<Series.Point> points = series.points();
    double[] success = new double[points.size()];
    double[] time = new double[points.size()];
    int due = 0;
    int ok = 0;
    for (int i = 0; i < success.length; i++) {
      Series.Totals totals = points.get(i).totals();
      success[i] = totals.due() == 0 ? Double.NaN : totals.success();
      time[i] = totals.ok() == 0 ? Double.NaN : totals.p99();
      due += totals.due();
      ok += totals.ok();
    }
    double slowest = most(time);
    row(
        name + " ok",
        Spark.row(success, 1, WIDTH, true),
        Checks.percent(due == 0 ? 1 : (double) ok / due) + " of " + due);
    row(name + " p99", Spark.row(time, slowest, WIDTH, false), "to " + Checks.millis(slowest));
  }

  private static double most(double[] values) {
    double most = 0;
    for (double value : values) {
      most = Double.isNaN(value) ? most : Math.max(most, value);
    }
    return most;
  }

  /** Where events lie under the rows. */
  private static String marks(Report.Side side) {
    StringBuilder marks = new StringBuilder(" ".repeat(WIDTH));
    double length = side.observed().phases().length().toNanos() / 1e9;
    for (int i = 0; i < side.events().size(); i++) {
      int column = (int) Math.clamp(side.events().get(i).at() / length * WIDTH, 0, WIDTH - 1);
      marks.setCharAt(column, (char) ('a' + i));
    }
    return marks.toString();
  }

  private void row(String name, String row, String note) {
    String head = name.length() > NAME ? name.substring(0, NAME) : name;
    line(("  %-" + NAME + "s %-" + WIDTH + "s  %s").formatted(head, row, note).stripTrailing());
  }

  private void wrapped(String head, String text) {
    StringBuilder line = new StringBuilder(head);
    for (String word : text.split(" ", -1)) {
      if (line.length() + word.length() + 1 > LINE) {
        line(line.toString().stripTrailing());
        line.setLength(0);
        line.append(" ".repeat(head.length()));
      }
      line.append(word).append(' ');
    }
    line(line.toString().stripTrailing());
  }

  private void line(String text) {
    out.append(text).append('\n');
  }
}
