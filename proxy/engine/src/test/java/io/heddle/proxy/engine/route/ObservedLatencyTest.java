package io.heddle.proxy.engine.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ObservedLatencyTest {
  @Test
  void theQuantileIsThatOfWhatWasSeen() {
    ObservedLatency latency = new ObservedLatency(0.9);
    for (int i = 1; i <= 1_000; i++) {
      latency.record(i * 1_000_000L);
    }
    assertThat((double) latency.quantileNanos()).isCloseTo(900e6, within(60e6));
  }

  @Test
  void whatIsOldCountsEverLess() {
    ObservedLatency latency = new ObservedLatency(0.5);
    for (int i = 0; i < 10_000; i++) {
      latency.record(1_000_000);
    }
    for (int i = 0; i < 10_000; i++) {
      latency.record(50_000_000);
    }
    assertThat((double) latency.quantileNanos()).isCloseTo(50e6, within(4e6));
    assertThat(latency.seen()).isEqualTo(20_000);
  }

  @Test
  void takesEveryTime() {
    ObservedLatency latency = new ObservedLatency(0.99);
    latency.record(-5);
    latency.record(0);
    latency.record(Long.MAX_VALUE);
    assertThat(latency.quantileNanos()).isPositive();
  }
}
