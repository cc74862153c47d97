package io.heddle.proxy.filters.localratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class TokenBucketTest {
  private static final long INTERVAL = 50_000_000;

  @Test
  void admitsItsFillAtEachInterval() {
    TokenBucket bucket = new TokenBucket(3, 2, INTERVAL, 7);
    assertThat(take(bucket, 7)).isEqualTo(3);
    assertThat(take(bucket, 7 + INTERVAL - 1)).isZero();
    assertThat(take(bucket, 7 + INTERVAL)).isEqualTo(2);
    assertThat(take(bucket, 7 + 3 * INTERVAL)).isEqualTo(3);
    assertThat(take(bucket, 7 + 1000 * INTERVAL)).isEqualTo(3);
  }

  @Test
  void takesAClockThatIsBehindAsNow() {
    TokenBucket bucket = new TokenBucket(1, 1, INTERVAL, 0);
    assertThat(take(bucket, 10 * INTERVAL)).isEqualTo(1);
    assertThat(take(bucket, 9 * INTERVAL)).isZero();
    assertThat(take(bucket, 11 * INTERVAL)).isEqualTo(1);
  }

  @Test
  void holdsTheLargestNumbers() {
    long most = 0xffff_ffffL;
    TokenBucket bucket = new TokenBucket(most, most, INTERVAL, 0);
    assertThat(bucket.tryTake(Integer.MAX_VALUE * INTERVAL)).isTrue();
    assertThat(bucket.tryTake((Integer.MAX_VALUE + 5L) * INTERVAL)).isTrue();
  }

  @Test
  void givesNoTokenTwice() throws Exception {
    TokenBucket bucket = new TokenBucket(20_000, 1, INTERVAL, 0);
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
