package io.heddle.cli.experiment;

import io.heddle.testkit.ManualTime;
import java.time.Duration;

/** A pace whose time passes by being waited for. */
final class ManualPace implements Pace {
  private final ManualTime time = new ManualTime();

  @Override
  public long now() {
    return time.nanoTime();
  }

  @Override
  public void sleepUntil(long nanos) {
    if (nanos > now()) {
      time.advance(Duration.ofNanos(nanos - now()));
    }
  }

  void pass(Duration by) {
    time.advance(by);
  }
}
