package io.heddle.proxy.engine.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.xds.model.ClusterConfig.Limits;
import io.heddle.xds.model.ClusterConfig.RetryBudget;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Bounds hold over all loops, and what is said of them is true. */
class BreakerTest {
  private static final int MAX = 3;

  private final StatsRegistry registry = new StatsRegistry(1);
  private final Priority priority =
      new Priority(new Thresholds(MAX, MAX, MAX, MAX), registry.root().scope("b"));

  private long open() {
    return registry.snapshot().gauge("b.rq_open").orElseThrow();
  }

  @Test
  void neverAdmitsMoreThanItsBoundAndEndsClosed() throws Exception {
    Breaker breaker = priority.requests();
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Thread[] threads = new Thread[2 * MAX];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          Thread.ofPlatform()
              .start(() -> {
                for (int n = 0; n < 100_000; n++) {
                  if (breaker.tryAcquire()) {
                    int now = inside.incrementAndGet();
                    most.accumulateAndGet(now, Math::max);
                    inside.decrementAndGet();
                    breaker.release();
                  }
                }
              });
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(most.get()).isBetween(1, MAX);
    assertThat(breaker.used()).isZero();
    assertThat(open()).isZero();
  }

  @Test
  void tellsHowManyMoreThereMayBeOnlyWhereThatIsAskedFor() {
    assertThat(registry.snapshot().gauge("b.remaining_rq")).isEmpty();
    Limits tracked = new Limits(5, Long.MAX_VALUE, true, Duration.ZERO);
    priority.update(new Thresholds(7, 6, 3, 9, Optional.of(new RetryBudget(50, 2)), tracked));
    assertThat(priority.requests().tryAcquire()).isTrue();
    assertThat(priority.tryRetry()).isTrue();
    assertThat(remaining("cx")).isEqualTo(7);
    assertThat(remaining("pending")).isEqualTo(6);
    assertThat(remaining("rq")).isEqualTo(2);
    assertThat(remaining("retries")).isEqualTo(1);
    assertThat(remaining("cx_pools")).isEqualTo(5);
    priority.update(new Thresholds(7, 6, 3, 9));
    assertThat(remaining("rq")).isZero();
  }

  private long remaining(String of) {
    return registry.snapshot().gauge("b.remaining_" + of).orElse(-1L);
  }

  @Test
  void isOpenWhileNothingMoreIsAdmittedWhateverTheBoundIsChangedTo() {
    Breaker breaker = priority.requests();
    for (int i = 0; i < MAX; i++) {
      assertThat(open()).isZero();
      assertThat(breaker.tryAcquire()).isTrue();
    }
    assertThat(open()).isOne();
    assertThat(breaker.tryAcquire()).isFalse();
    priority.update(new Thresholds(9, 9, MAX + 1, 9));
    assertThat(open()).isZero();
    priority.update(new Thresholds(9, 9, 1, 9));
    breaker.release();
    // Two are left of what a larger bound admitted.
    assertThat(open()).isOne();
    breaker.release();
    breaker.release();
    assertThat(open()).isZero();
    assertThat(breaker.used()).isZero();
  }
}
