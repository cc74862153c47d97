package io.heddle.control.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private final ManualTime time = new ManualTime();
  private final RateLimit limit = new RateLimit(time::nanoTime, 10, 3);

  private int admitted(String caller, int asks) {
    int admitted = 0;
    for (int i = 0; i < asks; i++) {
      admitted += limit.admits(caller) ? 1 : 0;
    }
    return admitted;
  }

  @Test
  void admitsABurstAndThenSoManyASecond() {
    assertThat(admitted("a", 10)).isEqualTo(3);
    time.advance(Duration.ofMillis(100));
    assertThat(admitted("a", 10)).isEqualTo(1);
    time.advance(Duration.ofSeconds(10));
    assertThat(admitted("a", 10)).as("never more than the burst").isEqualTo(3);
  }

  @Test
  void countsEachCallerByItself() {
    assertThat(admitted("a", 10)).isEqualTo(3);
    assertThat(admitted("b", 10)).isEqualTo(3);
  }

  @Test
  void forgetsThoseWhoAskNoMore() {
    for (int i = 0; i < 20_000; i++) {
      time.advance(Duration.ofMillis(1));
      assertThat(limit.admits("caller " + i)).isTrue();
    }
    assertThat(admitted("caller 19999", 10)).isEqualTo(2);
  }

  @Test
  void boundsTogetherThoseWhoAreTooManyToTellApart() {
    RateLimit still = new RateLimit(() -> 0, 1, 1);
    int admitted = 0;
    for (int i = 0; i < 20_000; i++) {
      admitted += still.admits("caller " + i) ? 1 : 0;
    }
    assertThat(admitted).isEqualTo(10_001);
  }
}
