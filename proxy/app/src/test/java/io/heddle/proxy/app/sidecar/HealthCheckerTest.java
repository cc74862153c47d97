package io.heddle.proxy.app.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HealthCheckerTest {
  private final ManualScheduler scheduler = new ManualScheduler();
  private final List<String> told = new ArrayList<>();
  private Optional<String> answer = Optional.of("refused");
  private int probes;
  private final HealthChecker checker =
      new HealthChecker(
          () -> {
            probes++;
            return answer;
          },
          scheduler,
          (healthy, detail) -> told.add(healthy ? "healthy" : "unhealthy: " + detail));

  @Test
  void isUnhealthyFirstAndHealthyWithinATenthOfASecondOfTheFirstSuccess() {
    checker.start();
    scheduler.advance(Duration.ofMillis(950));
    assertThat(told).containsExactly("unhealthy: refused");
    assertThat(probes).isEqualTo(10);
    answer = Optional.empty();
    scheduler.advance(Duration.ofMillis(100));
    assertThat(told).containsExactly("unhealthy: refused", "healthy");
  }

  @Test
  void needsTwoFailuresInARowAndOneSuccess() {
    answer = Optional.empty();
    checker.start();
    scheduler.settle();
    answer = Optional.of("slow");
    scheduler.advance(Duration.ofSeconds(1));
    answer = Optional.empty();
    scheduler.advance(Duration.ofSeconds(1));
    assertThat(told).containsExactly("healthy");
    answer = Optional.of("slow");
    scheduler.advance(Duration.ofSeconds(2));
    assertThat(told).containsExactly("healthy", "unhealthy: slow");
    answer = Optional.empty();
    scheduler.advance(Duration.ofSeconds(1));
    assertThat(told).containsExactly("healthy", "unhealthy: slow", "healthy");
  }

  @Test
  void stopsForGood() {
    checker.start();
    scheduler.settle();
    checker.stop();
    scheduler.advance(Duration.ofSeconds(5));
    assertThat(probes).isEqualTo(1);
  }
}
