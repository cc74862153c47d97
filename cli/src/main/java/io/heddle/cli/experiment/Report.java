package io.heddle.cli.experiment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.experiment.Observed.Sample;
import io.heddle.cli.experiment.Scenario.Judgement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an experiment showed.
 *
 * @param sides without and with governance, in this order
 */
public record Report(String name, String summary, Settings settings, List<Side> sides) {
  public Report {
    sides = List.copyOf(sides);
  }

  /**
   * One run.
   *
   * @param events by time
   */
  record Side(
      Governance governance, Observed observed, List<Event> events, List<Judgement> judgements) {
    Side {
      events = List.copyOf(events);
      judgements = List.copyOf(judgements);
    }

    boolean passed() {
      return judgements.stream().allMatch(Judgement::passed);
    }
  }

  /**
   * What happened.
   *
   * @param at seconds from the beginning
   */
  record Event(double at, String what) {}

  /** Whether everything that was expected of governance is so. */
  public boolean passed() {
    return sides.stream()
        .filter(side -> side.governance() == Governance.WITH)
        .allMatch(Side::passed);
  }

  /** The text for a terminal. */
  public String text() {
    return TextReport.of(this);
  }

  /** A page that needs nothing else. */
  public String html() {
    return HtmlReport.of(this);
  }

  /** All figures. */
  public ObjectNode json() {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("experiment", name)
        .put("summary", summary)
        .put("seconds", settings.seconds())
        .put("rate", settings.rate())
        .put("fault", settings.fault())
        .put("seed", settings.seed())
        .put("passed", passed());
    ArrayNode runs = out.putArray("runs");
    sides.forEach(side -> side(runs.addObject(), side));
    return out;
  }

  private static void side(ObjectNode out, Side side) {
    out.put("governance", side.governance().text()).put("passed", side.passed());
    ArrayNode checks = out.putArray("checks");
    for (Judgement judgement : side.judgements()) {
      checks
          .addObject()
          .put("expected", judgement.what())
          .put("measured", judgement.measured())
          .put("passed", judgement.passed());
    }
    ArrayNode events = out.putArray("events");
    side.events()
        .forEach(event -> events.addObject().put("at", event.at()).put("what", event.what()));
    ObjectNode loads = out.putObject("loads");
    new TreeMap<>(side.observed().loads())
        .forEach((load, series) -> series(loads.putArray(load), series));
    ObjectNode services = out.putObject("services");
    for (Map.Entry<String, List<Sample>> service :
        new TreeMap<>(side.observed().services()).entrySet()) {
      ArrayNode samples = services.putArray(service.getKey());
      for (Sample sample : service.getValue()) {
        samples
            .addObject()
            .put("at", sample.at())
            .put("perSecond", sample.perSecond())
            .put("busy", sample.busy());
      }
    }
  }

  private static void series(ArrayNode out, Series series) {
    for (Series.Point point : series.points()) {
      Series.Totals totals = point.totals();
      out.addObject()
          .put("at", point.at())
          .put("due", totals.due())
          .put("ok", totals.ok())
          .put("refused", totals.refused())
          .put("failed", totals.failed())
          .put("late", totals.late())
          .put("p50", totals.p50())
          .put("p99", totals.p99())
          .put("refusedP99", totals.refusedP99());
    }
  }
}
