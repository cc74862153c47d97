package io.heddle.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RateTest {
  @Test
  void comesAsOftenAsItsStepsSay() {
    Window burst = new Window(Duration.ofSeconds(10), Duration.ofSeconds(20));
    Rate.Arrivals arrivals = Rate.burst(100, burst, 500).new Arrivals(new SplittableRandom(1));
    int[] seconds = new int[30];
    long before = 0;
    for (long at = arrivals.next(); at < Duration.ofSeconds(30).toNanos(); at = arrivals.next()) {
      assertThat(at).isGreaterThanOrEqualTo(before);
      before = at;
      seconds[(int) (at / 1_000_000_000)]++;
    }
    assertThat(sum(seconds, 0, 10)).isCloseTo(1_000, within(150));
    assertThat(sum(seconds, 10, 20)).isCloseTo(5_000, within(350));
    assertThat(sum(seconds, 20, 30)).isCloseTo(1_000, within(150));
  }

  private static int sum(int[] seconds, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += seconds[i];
    }
    return sum;
  }

  @Test
  void neverComesWhereNothingIsDue() {
    assertThat(Rate.steady(0).new Arrivals(new SplittableRandom(1)).next())
        .isEqualTo(Long.MAX_VALUE);
    assertThatThrownBy(() -> new Rate(List.of(new Rate.Step(Duration.ofSeconds(1), 5))))
        .hasMessageContaining("a first step from zero");
  }
}
