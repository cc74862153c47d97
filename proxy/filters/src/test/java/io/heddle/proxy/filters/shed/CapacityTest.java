package io.heddle.proxy.filters.shed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CapacityTest {
  private static final long MILLI = 1_000_000;

  /** Windows of ten seconds have slices of 100 ms. */
  private final Capacity capacity = new Capacity(10_000 * MILLI, 0);

  private void slice(int number, int answers, long tookMillis) {
    for (int i = 0; i < answers; i++) {
      capacity.began();
      capacity.answered(tookMillis * MILLI, number * 100L * MILLI);
    }
  }

  @Test
  void isTheBestRateForTheLeastTime() {
    assertThat(capacity.most(0)).isInfinite();
    slice(0, 50, 20);
    slice(1, 80, 40);
    slice(2, 10, 10);
    // 800 a second, each of 10 ms.
    assertThat(capacity.most(300 * MILLI)).isCloseTo(8, within(0.001));
    assertThat(capacity.underWay()).isZero();
  }

  @Test
  void whatIsOlderThanTheWindowIsForgotten() {
    slice(0, 80, 10);
    slice(50, 20, 20);
    assertThat(capacity.most(9_900 * MILLI)).isCloseTo(8, within(0.001));
    assertThat(capacity.most(10_100 * MILLI)).isCloseTo(4, within(0.001));
    assertThat(capacity.most(60_000 * MILLI)).isInfinite();
    slice(700, 30, 10);
    assertThat(capacity.most(70_100 * MILLI)).isCloseTo(3, within(0.001));
  }

  @Test
  void theSliceThatIsNotWholeDoesNotCount() {
    slice(0, 1, 10);
    slice(1, 500, 10);
    assertThat(capacity.most(199 * MILLI)).isCloseTo(1, within(0.001));
    assertThat(capacity.most(200 * MILLI)).isCloseTo(50, within(0.001));
  }

  @Test
  void isCountedRightByManyThreads() throws Exception {
    Thread[] threads = new Thread[4];
    for (int t = 0; t < threads.length; t++) {
      threads[t] =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 10_000; i++) {
                  capacity.began();
                  if (i % 2 == 0) {
                    capacity.answered(5 * MILLI, 50 * MILLI);
                  } else {
                    capacity.gone();
                  }
                }
              });
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(capacity.underWay()).isZero();
    // 20,000 in the slice, but for one or the other that was lost when it began.
    assertThat(capacity.most(100 * MILLI)).isBetween(990.0, 1000.0);
  }
}
