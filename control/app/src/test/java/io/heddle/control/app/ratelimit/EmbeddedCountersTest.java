package io.heddle.control.app.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.app.ratelimit.Counters.Ask;
import io.heddle.control.app.ratelimit.Counters.Taken;
import io.heddle.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EmbeddedCountersTest {
  private final ManualTime time = new ManualTime();
  private final EmbeddedCounters counters = new EmbeddedCounters(time);

  private Taken take(long limit, long hits, long lease) {
    return counters
        .take(List.of(new Ask("k", limit, 1_000, hits, lease)))
        .toCompletableFuture()
        .join()
        .getFirst();
  }

  /** Moves to this many milliseconds after the beginning of a window. */
  private void toBegin(long after) {
    long into = Math.floorMod(time.millis(), 1_000L);
    time.advance(Duration.ofMillis(1_000 - into + after));
  }

  @Test
  void admitsTheLimitAndSaysWhatIsLeft() {
    toBegin(250);
    assertThat(take(3, 2, 0)).isEqualTo(new Taken(true, 1, 0, 750));
    assertThat(take(3, 2, 0)).isEqualTo(new Taken(false, 1, 0, 750));
    assertThat(take(3, 1, 0)).isEqualTo(new Taken(true, 0, 0, 750));
    assertThat(take(3, 1, 0).admitted()).isFalse();
  }

  @Test
  void theLastWindowCountsAsFarAsItIsStillSeen() {
    toBegin(999);
    assertThat(take(10, 10, 0).admitted()).isTrue();
    toBegin(0);
    assertThat(take(10, 1, 0).admitted()).isFalse();
    time.advance(Duration.ofMillis(300));
    assertThat(take(10, 3, 0).admitted()).isTrue();
    assertThat(take(10, 1, 0).admitted()).isFalse();
    toBegin(0);
    toBegin(0);
    assertThat(take(10, 10, 0).admitted()).isTrue();
  }

  @Test
  void aSteadyStreamBeyondTheLimitIsAdmittedAtExactlyTheLimit() {
    toBegin(0);
    int[] admitted = new int[10];
    for (int ms = 0; ms < 10_000; ms++) {
      for (int i = 0; i < 3; i++) {
        if (take(1_000, 1, 0).admitted()) {
          admitted[ms / 1_000]++;
        }
      }
      time.advance(Duration.ofMillis(1));
    }
    for (int second = 0; second < 10; second++) {
      assertThat(admitted[second]).isBetween(998, 1_000);
    }
  }

  @Test
  void leasesAreTakenFromTheSameLimitAndAreATenthOfItAtMost() {
    toBegin(0);
    assertThat(take(100, 1, 5)).isEqualTo(new Taken(true, 94, 5, 1_000));
    assertThat(take(100, 1, 50)).isEqualTo(new Taken(true, 83, 10, 1_000));
    assertThat(take(100, 80, 0).admitted()).isTrue();
    assertThat(take(100, 1, 10)).isEqualTo(new Taken(true, 0, 2, 1_000));
    assertThat(take(100, 1, 10)).isEqualTo(new Taken(false, 0, 0, 1_000));
    assertThat(take(100, 0, 10)).isEqualTo(new Taken(false, 0, 0, 1_000));
  }

  @Test
  void askingForNothingTakesNothing() {
    toBegin(0);
    assertThat(take(1, 0, 0).admitted()).isTrue();
    assertThat(take(1, 1, 0).admitted()).isTrue();
    assertThat(take(1, 0, 0).admitted()).isFalse();
    assertThat(take(0, 1, 0).admitted()).isFalse();
  }

  @Test
  void aClockThatGoesBackGivesNothingMore() {
    toBegin(0);
    assertThat(take(1, 1, 0).admitted()).isTrue();
    long now = time.millis();
    EmbeddedCounters back =
        new EmbeddedCounters(
            new java.time.InstantSource() {
              private int calls;

              @Override
              public java.time.Instant instant() {
                return java.time.Instant.ofEpochMilli(calls++ == 0 ? now : now - 5_000);
              }
            });
    Ask ask = new Ask("k", 1, 1_000, 1, 0);
    assertThat(back.take(List.of(ask)).toCompletableFuture().join().getFirst().admitted()).isTrue();
    assertThat(back.take(List.of(ask)).toCompletableFuture().join().getFirst().admitted())
        .isFalse();
  }

  @Test
  void countersThatCountNothingAreForgottenAndTooManyFail() {
    EmbeddedCounters few = new EmbeddedCounters(time, 2);
    for (String key : List.of("a", "b")) {
      few.take(List.of(new Ask(key, 1, 1_000, 1, 0))).toCompletableFuture().join();
    }
    Ask third = new Ask("c", 1, 1_000, 1, 0);
    assertThat(few.take(List.of(third))).isCompletedExceptionally();
    time.advance(Duration.ofSeconds(20));
    assertThat(few.take(List.of(third))).isCompleted();
    assertThat(few.count()).isEqualTo(1);
  }
}
