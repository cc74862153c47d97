package io.heddle.proxy.engine.overload;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.testkit.ManualTime;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.DefaultEventLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LoopDelaysTest {
  private final ManualTime time = new ManualTime();

  @Test
  void aLoopThatDoesNotComeToItsWorkIsLateByAtLeastSoMuch() throws Exception {
    DefaultEventLoop loop = new DefaultEventLoop();
    try {
      Worker worker =
          new Worker(
              0,
              loop,
              new StatsRegistry(1).loop(0),
              UnpooledByteBufAllocator.DEFAULT,
              time,
              time::nanoTime,
              true);
      LoopDelays delays = new LoopDelays(List.of(worker));
      CountDownLatch held = new CountDownLatch(1);
      loop.execute(() -> {
        try {
          held.await();
        } catch (InterruptedException interrupted) {
          throw new AssertionError(interrupted);
        }
      });
      delays.look();
      assertThat(delays.longestNanos()).isZero();
      time.advance(Duration.ofMillis(300));
      delays.look();
      assertThat(delays.longestNanos()).isEqualTo(300_000_000);
      time.advance(Duration.ofMillis(100));
      held.countDown();
      loop.submit(() -> {}).get();
      delays.look();
      assertThat(delays.longestNanos()).isEqualTo(400_000_000);
      loop.submit(() -> {}).get();
      delays.look();
      assertThat(delays.longestNanos()).isZero();
    } finally {
      loop.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS).get();
    }
  }
}
