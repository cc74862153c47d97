package io.heddle.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
  @Test
  void tellsSharesToAThirtySecond() {
    LatencyHistogram histogram = new LatencyHistogram();
    for (int millis = 1; millis <= 1_000; millis++) {
      histogram.record(millis * 1_000_000L);
    }
    assertThat(histogram.millis(0.5)).isCloseTo(500, within(500 / 32.0));
    assertThat(histogram.millis(0.99)).isCloseTo(990, within(990 / 32.0));
    assertThat(histogram.millis(1)).isCloseTo(1_000, within(1_000 / 32.0));
    assertThat(histogram.total()).isEqualTo(1_000);
  }

  @Test
  void neverTellsLessThanWasMeasured() {
    for (long micros : new long[] {0, 1, 31, 32, 33, 63, 64, 65, 1_000, 123_456_789}) {
      LatencyHistogram histogram = new LatencyHistogram();
      histogram.record(micros * 1_000);
      assertThat(histogram.millis(0.5) * 1_000)
          .isGreaterThanOrEqualTo((double) micros)
          .isLessThanOrEqualTo(micros * 33 / 32.0 + 1);
    }
  }

  @Test
  void takesWhatIsOutOfItsRangeAndAddsUp() {
    LatencyHistogram histogram = new LatencyHistogram();
    assertThat(histogram.millis(0.99)).isZero();
    histogram.record(-5);
    LatencyHistogram other = new LatencyHistogram();
    other.record(Long.MAX_VALUE);
    histogram.add(other);
    assertThat(histogram.total()).isEqualTo(2);
    assertThat(histogram.millis(0.5)).isZero();
    assertThat(histogram.millis(1)).isGreaterThan(1_800_000);
  }
}
