package io.heddle.control.core.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.heddle.xds.server.LoadReports.Outcomes;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What counts as harm. */
class JudgeTest {
  private static final RolloutPlan.Limits USUAL = RolloutPlan.Limits.USUAL;

  private static Outcomes of(long succeeded, long failed) {
    return new Outcomes(succeeded, failed, 0, 0);
  }

  private static Outcomes timed(long requests, double millis) {
    return new Outcomes(requests, 0, requests, requests * millis);
  }

  private static Figures compare(
      Map<String, Outcomes> canary, Map<String, Outcomes> rest, Map<String, Outcomes> past) {
    return compare(Map.of(), Map.of("canary", canary, "rest", rest), Set.of("canary"), past);
  }

  private static Figures compare(
      Map<String, Map<String, Outcomes>> before,
      Map<String, Map<String, Outcomes>> now,
      Set<String> staged,
      Map<String, Outcomes> past) {
    Judge.Sums sums = Judge.since(before, now, staged);
    return Judge.compare(sums.theirs(), sums.others(), past);
  }

  @Test
  void moreErrorsThanTheOthersAreHarm() {
    Figures figures = compare(Map.of("c", of(90, 10)), Map.of("c", of(990, 10)), Map.of());
    assertThat(figures.errorRatio()).isCloseTo(0.1, within(1e-9));
    assertThat(figures.expectedErrorRatio()).isCloseTo(0.01, within(1e-9));
    assertThat(Judge.errors(figures, USUAL))
        .hasValueSatisfying(text ->
            assertThat(text).contains("10.00% of 100 requests", "at most 2.00%", "1.00% fail"));
  }

  @Test
  void asManyErrorsAsTheOthersAreNone() {
    assertThat(
            Judge.errors(
                compare(Map.of("c", of(50, 50)), Map.of("c", of(500, 500)), Map.of()), USUAL))
        .isEmpty();
  }

  /** The staged proxies call mostly what fails everywhere: that is not their fault. */
  @Test
  void eachClusterIsComparedWithItself() {
    Figures figures =
        compare(
            Map.of("bad", of(50, 50), "good", of(10, 0)),
            Map.of("bad", of(50, 50), "good", of(10_000, 0)),
            Map.of());
    assertThat(figures.expectedErrorRatio()).isCloseTo(50.0 / 110, within(1e-9));
    assertThat(Judge.errors(figures, USUAL)).isEmpty();
  }

  @Test
  void whatNobodyElseCallsIsComparedWithThePastAndWhatIsNewWithNoErrors() {
    assertThat(
            Judge.errors(
                compare(Map.of("c", of(80, 20)), Map.of(), Map.of("c", of(800, 200))), USUAL))
        .isEmpty();
    assertThat(Judge.errors(compare(Map.of("c", of(80, 20)), Map.of(), Map.of()), USUAL))
        .isPresent();
  }

  @Test
  void chanceAndFewRequestsAreNoHarm() {
    // 3 of 50 are 6 %, but three errors come by chance.
    assertThat(
            Judge.errors(
                compare(Map.of("c", of(47, 3)), Map.of("c", of(1_000, 0)), Map.of()), USUAL))
        .isEmpty();
    assertThat(
            Judge.errors(
                compare(Map.of("c", of(20, 29)), Map.of("c", of(1_000, 0)), Map.of()), USUAL))
        .isEmpty();
    assertThat(
            Judge.errors(
                compare(Map.of("c", of(20, 30)), Map.of("c", of(1_000, 0)), Map.of()), USUAL))
        .isPresent();
  }

  @Test
  void longerTimesAreHarmWhereTheyAreKnown() {
    Figures slow = compare(Map.of("c", timed(100, 40)), Map.of("c", timed(1_000, 20)), Map.of());
    assertThat(slow.millis()).isCloseTo(40, within(1e-9));
    assertThat(slow.expectedMillis()).isCloseTo(20, within(1e-9));
    assertThat(Judge.latency(slow, USUAL))
        .hasValueSatisfying(text ->
            assertThat(text).contains("took 40.0 ms", "at most 30.0 ms", "20.0 ms elsewhere"));
    assertThat(
            Judge.latency(
                compare(Map.of("c", timed(100, 29)), Map.of("c", timed(1_000, 20)), Map.of()),
                USUAL))
        .isEmpty();
    // Twice of next to nothing is next to nothing.
    assertThat(
            Judge.latency(
                compare(Map.of("c", timed(100, 2)), Map.of("c", timed(1_000, 1)), Map.of()), USUAL))
        .isEmpty();
    // Envoy says no times.
    assertThat(
            Judge.latency(
                compare(Map.of("c", timed(100, 400)), Map.of("c", of(1_000, 0)), Map.of()), USUAL))
        .isEmpty();
  }

  @Test
  void onlyWhatCameSinceTheStageBeganCounts() {
    Figures figures =
        compare(
            Map.of("canary", Map.of("c", of(10, 500)), "rest", Map.of("c", of(5, 900))),
            Map.of("canary", Map.of("c", of(110, 500)), "rest", Map.of("c", of(1_005, 900))),
            Set.of("canary"),
            Map.of());
    assertThat(figures.requests()).isEqualTo(100);
    assertThat(figures.errorRatio()).isZero();
    // A proxy that counts from nothing again began anew.
    assertThat(
            compare(
                    Map.of("canary", Map.of("c", of(1_000, 1))),
                    Map.of("canary", Map.of("c", of(30, 0))),
                    Set.of("canary"),
                    Map.of())
                .requests())
        .isEqualTo(30);
  }
}
