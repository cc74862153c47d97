package io.heddle.proxy.engine.overload;

import io.heddle.proxy.api.Background;
import io.heddle.proxy.api.ProcessLoad;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Watches how busy the process is, from when that is first asked for. Safe on every thread. */
public final class WatchedLoad implements ProcessLoad {
  private static final Duration INTERVAL = Duration.ofMillis(100);

  /** Of ten looks a second, so that about the last second counts. */
  public static final double NEWEST = 0.15;

  private final Pressure pressure;
  private final LoopDelays delays;
  private final AtomicBoolean begun = new AtomicBoolean();
  private volatile double cpu;

  /** Nothing is watched yet. */
  public WatchedLoad(Pressure pressure, LoopDelays delays) {
    this.pressure = pressure;
    this.delays = delays;
  }

  /** Begins, unless it has. */
  public WatchedLoad begin(Background background) {
    if (begun.compareAndSet(false, true)) {
      var _ = background.every(INTERVAL, this::look);
    }
    return this;
  }

  void look() {
    delays.look();
    try {
      cpu = pressure.share();
    } catch (IOException unknown) {
      // A system that does not tell is not busy as far as is known.
      cpu = 0;
    }
  }

  @Override
  public double cpu() {
    return cpu;
  }

  @Override
  public long loopDelayNanos() {
    return delays.longestNanos();
  }
}
