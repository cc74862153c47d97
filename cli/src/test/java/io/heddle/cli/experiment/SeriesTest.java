package io.heddle.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SeriesTest {
  private static final long SECOND = 1_000_000_000L;
  private final Series series = new Series(Duration.ofSeconds(1), Duration.ofSeconds(4));

  private void one(long at, long millis, Outcome outcome) {
    series.due(at);
    series.ended(at, millis * 1_000_000, outcome);
  }

  @Test
  void countsARequestWhereItWasDue() {
    one(0, 2_500, Outcome.OK);
    one(SECOND, 5, Outcome.REFUSED);
    one(SECOND + 1, 5, Outcome.FAILED);
    series.due(2 * SECOND);
    assertThat(series.points())
        .extracting(point -> point.totals().due())
        .containsExactly(1, 2, 1, 0);
    Series.Totals middle = series.between(new Window(Duration.ofSeconds(1), Duration.ofSeconds(3)));
    assertThat(middle.refused()).isEqualTo(1);
    // One failed, one was never heard of again.
    assertThat(middle.failed()).isEqualTo(2);
    assertThat(middle.success()).isZero();
    assertThat(middle.refusedP99()).isCloseTo(5, within(0.2));
    assertThat(series.points().getFirst().totals().p99()).isCloseTo(2_500, within(80.0));
  }

  @Test
  void takesOnlySlicesThatLieInAWindow() {
    one(0, 1, Outcome.OK);
    one(SECOND, 1, Outcome.OK);
    one(9 * SECOND, 1, Outcome.OK);
    assertThat(series.between(new Window(Duration.ofMillis(1), Duration.ofMillis(1_999))).due())
        .isZero();
    assertThat(series.between(new Window(Duration.ofMillis(500), Duration.ofSeconds(2))).due())
        .isEqualTo(1);
    assertThat(series.between(new Window(Duration.ZERO, Duration.ofSeconds(99))).due())
        .isEqualTo(3);
    assertThat(series.between(new Window(Duration.ZERO, Duration.ZERO)).success()).isEqualTo(1);
  }

  @Test
  void refusesALengthWithoutSlices() {
    assertThatThrownBy(() -> new Series(Duration.ofSeconds(1), Duration.ZERO))
        .hasMessageContaining("slices: 0 (expected: 1 to 10,000)");
  }
}
