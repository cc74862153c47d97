package io.heddle.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.heddle.cli.experiment.Observed.Sample;
import io.heddle.cli.experiment.Report.Event;
import io.heddle.cli.experiment.Report.Side;
import io.heddle.cli.experiment.Scenario.Judgement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final Settings SETTINGS = new Settings(3, 30, "", 1);

  private static Series series(double success) {
    Phases phases = SETTINGS.phases();
    Series series = new Series(phases.slice(), phases.length());
    for (int i = 0; i < 600; i++) {
      long at = i * 10_000_000L;
      series.due(at);
      boolean during =
          at >= phases.during().from().toNanos() && at < phases.during().to().toNanos();
      boolean ok = !during || i % 100 < success * 100;
      series.ended(at, 5_000_000, ok ? Outcome.OK : Outcome.LATE);
    }
    return series;
  }

  private static Side side(Governance governance, double success) {
    Observed observed =
        new Observed(
            SETTINGS.phases(),
            Map.of("browse & <buy>", series(success)),
            Map.of("web-1", List.of(new Sample(0, 12, 3), new Sample(1, 24, 30))));
    Judgement judgement =
        Checks.success("browse & <buy>", "while it lasts", Phases::during, 0.999).of(observed);
    return new Side(
        governance, observed, List.of(new Event(1.5, "it \"fails\"")), List.of(judgement));
  }

  private static Report report(double without, double with) {
    return new Report(
        "x",
        "a summary",
        SETTINGS,
        List.of(side(Governance.WITHOUT, without), side(Governance.WITH, with)));
  }

  @Test
  void isJudgedByWhatGovernanceDid() {
    assertThat(report(0.2, 1).passed()).isTrue();
    assertThat(report(1, 0.99).passed()).isFalse();
  }

  @Test
  void tellsBothRunsIn80Columns() {
    String text = report(0.2, 1).text();
    assertThat(text).contains("WITHOUT GOVERNANCE", "WITH GOVERNANCE", "FAILS", "ok ", "█");
    assertThat(text.lines()).allMatch(line -> line.length() <= 80, "80 columns");
    assertThat(text).contains("a   1.5 s  it \"fails\"");
  }

  @Test
  void thePageNeedsNothingElse() {
    String page = report(0.2, 1).html();
    assertThat(page)
        .contains("<svg", "browse &amp; &lt;buy&gt;", "it &quot;fails&quot;")
        .doesNotContain("<script", "http:", "https:", "href", "src=", "browse & <buy>", "NaN");
    assertThat(page.split("<svg", -1)).hasSize(1 + 2 * 3);
  }

  @Test
  void writesEveryFigure() {
    JsonNode json = report(0.2, 1).json();
    assertThat(json.path("passed").asBoolean()).isTrue();
    assertThat(json.at("/runs/0/governance").asText()).isEqualTo("without");
    assertThat(json.at("/runs/0/passed").asBoolean()).isFalse();
    assertThat(json.at("/runs/0/checks/0/measured").asText()).startsWith("20.0 % of 300");
    assertThat(json.at("/runs/1/services/web-1/1/busy").asInt()).isEqualTo(30);
    assertThat(json.at("/runs/1/loads").path("browse & <buy>").size()).isEqualTo(60);
  }

  @Test
  void sparksShowTheWorst() {
    assertThat(Spark.row(new double[] {1, 1, 0, 1}, 1, 2, true)).isEqualTo("█▁");
    assertThat(Spark.row(new double[] {1, 9, Double.NaN, Double.NaN}, 9, 2, false)).isEqualTo("█ ");
    assertThat(Spark.row(new double[] {}, 0, 5, false)).isEmpty();
  }
}
