package io.heddle.proxy.filters.tokenbucket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class TokenBucketTest {
  private static final long INTERVAL = 50_000_000;

  private static TokenBucket bucket(long max, long perFill, long now) {
    return new TokenBucket(new BucketSize(max, perFill, INTERVAL), now);
  }

  @Test
  void fillsEvenlyThroughAnInterval() {
    TokenBucket bucket = bucket(3, 2, 7);
    assertThat(take(bucket, 7)).isEqualTo(3);
    assertThat(take(bucket, 7 + INTERVAL / 2 - 1)).isZero();
    assertThat(take(bucket, 7 + INTERVAL / 2)).isEqualTo(1);
    assertThat(take(bucket, 7 + INTERVAL)).isEqualTo(1);
    assertThat(take(bucket, 7 + 3 * INTERVAL)).isEqualTo(3);
    assertThat(take(bucket, 7 + 1000 * INTERVAL)).isEqualTo(3);
  }

  @Test
  void takesSeveralOrNone() {
    TokenBucket bucket = bucket(3, 1, 0);
    assertThat(bucket.tryTake(0, 4)).isFalse();
    assertThat(bucket.tryTake(0, 2)).isTrue();
    assertThat(bucket.tryTake(0, 2)).isFalse();
    assertThat(bucket.tryTake(0, 0)).isTrue();
    assertThat(bucket.remaining(0)).isEqualTo(1);
  }

  @Test
  void saysWhatIsLeftAndWhenThereIsMore() {
    TokenBucket bucket = new TokenBucket(new BucketSize(2, 1, 10_000_000_000L), 0);
    assertThat(bucket.remaining(0)).isEqualTo(2);
    assertThat(bucket.resetSeconds(0)).isZero();
    assertThat(take(bucket, 0)).isEqualTo(2);
    assertThat(bucket.remaining(0)).isZero();
    assertThat(bucket.resetSeconds(0)).isEqualTo(10);
    assertThat(bucket.resetSeconds(2_500_000_000L)).isEqualTo(7);
    assertThat(bucket.remaining(10_000_000_000L)).isEqualTo(1);
  }

  @Test
  void aClockThatIsBehindGivesNothingMore() {
    TokenBucket bucket = bucket(1, 1, 0);
    assertThat(take(bucket, 10 * INTERVAL)).isEqualTo(1);
    assertThat(take(bucket, 9 * INTERVAL)).isZero();
    assertThat(bucket.remaining(9 * INTERVAL)).isZero();
    assertThat(take(bucket, 11 * INTERVAL)).isEqualTo(1);
  }

  @Test
  void holdsTheLargestNumbers() {
    long most = 0xffff_ffffL;
    TokenBucket bucket = bucket(most, most, 0);
    assertThat(bucket.tryTake(Integer.MAX_VALUE * INTERVAL)).isTrue();
    assertThat(bucket.tryTake((Integer.MAX_VALUE + 5L) * INTERVAL)).isTrue();
  }

  @Test
  void givesNoTokenTwice() throws Exception {
    TokenBucket bucket = bucket(20_000, 1, 0);
    AtomicInteger taken = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    Thread[] threads = new Thread[4];
    for (int t = 0; t < threads.length; t++) {
      threads[t] =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  go.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                for (int i = 0; i < 10_000; i++) {
                  if (bucket.tryTake(0)) {
                    taken.incrementAndGet();
                  }
                }
              });
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(taken.get()).isEqualTo(20_000);
  }

  private static int take(TokenBucket bucket, long now) {
    int taken = 0;
    while (bucket.tryTake(now)) {
      taken++;
    }
    return taken;
  }
}
