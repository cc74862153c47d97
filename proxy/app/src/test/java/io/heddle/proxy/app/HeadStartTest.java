package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.app.sidecar.ManualScheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HeadStartTest {
  private final ManualScheduler scheduler = new ManualScheduler();
  private final ServerLife life = new ServerLife(() -> Instant.EPOCH);
  private final AtomicInteger runs = new AtomicInteger();

  @Test
  void withoutAConfigurationOnDiskNothingIsPutOff() {
    new HeadStart(scheduler, life, false).then(runs::incrementAndGet);
    assertThat(runs).hasValue(1);
  }

  @Test
  void waitsUntilTheProxyServesAndRunsOnce() {
    new HeadStart(scheduler, life, true).then(runs::incrementAndGet);
    scheduler.settle();
    life.reach(ServerLife.State.INITIALIZING);
    assertThat(runs).hasValue(0);
    life.reach(ServerLife.State.LIVE);
    assertThat(runs).hasValue(1);
    life.listenersChanged();
    scheduler.advance(HeadStart.LONGEST);
    assertThat(runs).hasValue(1);
  }

  @Test
  void waitsNoLongerThanTheHeadStart() {
    new HeadStart(scheduler, life, true).then(runs::incrementAndGet);
    scheduler.advance(HeadStart.LONGEST.minus(Duration.ofMillis(1)));
    assertThat(runs).hasValue(0);
    scheduler.advance(Duration.ofMillis(1));
    assertThat(runs).hasValue(1);
  }
}
