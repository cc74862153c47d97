package io.heddle.proxy.filters.admissioncontrol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SuccessWindowTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void forgetsWhatIsOlderThanTheWindow() {
    SuccessWindow window = new SuccessWindow(3, 0);
    for (int second = 0; second < 6; second++) {
      for (int i = 0; i < 10; i++) {
        window.count(i < second, second * SECOND + i);
      }
    }
    // Those that began in seconds 3, 4 and 5.
    SuccessWindow.Counts counts = window.counts(5 * SECOND + 500_000_000);
    assertThat(counts.requests()).isEqualTo(30);
    assertThat(counts.successes()).isEqualTo(12);
    assertThat(counts.perSecond()).isEqualTo(15);
    assertThat(window.counts(6 * SECOND).requests()).isEqualTo(20);
    assertThat(window.counts(100 * SECOND).requests()).isZero();
  }

  @Test
  void losesNothingThatManyThreadsCount() throws Exception {
    SuccessWindow window = new SuccessWindow(3_600, 0);
    Thread[] threads = new Thread[4];
    for (int t = 0; t < threads.length; t++) {
      threads[t] =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 20_000; i++) {
                  window.count(i % 2 == 0, i * SECOND / 100);
                }
              });
    }
    for (Thread thread : threads) {
      thread.join();
    }
    // Threads that are ahead begin the next second while others still count to the last, whose
    // counts are summed up once more when the next begins.
    SuccessWindow.Counts counts = window.counts(400 * SECOND);
    assertThat(counts.requests()).isEqualTo(80_000);
    assertThat(counts.successes()).isEqualTo(40_000);
  }
}
