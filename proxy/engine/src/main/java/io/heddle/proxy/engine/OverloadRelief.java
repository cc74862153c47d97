package io.heddle.proxy.engine;

import io.heddle.proxy.engine.listener.Listeners;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.Admission;
import io.heddle.proxy.engine.overload.HeaviestStreams;
import io.heddle.proxy.engine.overload.LoopDelays;
import io.heddle.proxy.engine.overload.Overload;
import io.heddle.proxy.engine.overload.OverloadWatch;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.OverloadConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Does in the engine what the overload manager wants done. On the scheduler's thread. */
final class OverloadRelief implements OverloadWatch.Doer {
  private static final long WITHOUT_MONITORS_MILLIS = 2_000;
  private static final long OFTEN_MILLIS = 250;

  private final List<Worker> workers;
  private final Listeners listeners;
  private final OverloadConfig config;
  private final ByteBufAllocator allocator;
  private final Scope stats;
  private final ScalarStat ended;

  OverloadRelief(
      List<Worker> workers,
      Listeners listeners,
      OverloadConfig config,
      ByteBufAllocator allocator,
      Scope stats) {
    this.workers = workers;
    this.listeners = listeners;
    this.config = config;
    this.allocator = allocator;
    this.stats = stats;
    this.ended =
        stats.scope(OverloadConfig.Action.RESET_HIGH_MEMORY_STREAM.envoyName()).counter("count");
  }

  /** Looks again and again. Begins after the start, which it would only slow down. */
  void watch(ScheduledExecutorService scheduler, Overload overload, Admission admission) {
    OverloadWatch[] made = new OverloadWatch[1]; // Made and used by the scheduler's thread.
    var _ =
        scheduler.scheduleWithFixedDelay(
            () -> {
              OverloadWatch watch = made[0];
              if (watch == null) {
                watch =
                    new OverloadWatch(
                        overload, config, admission::open, new LoopDelays(workers), this, stats);
                made[0] = watch;
              }
              watch.look(System.nanoTime());
            },
            config.monitors().isEmpty()
                ? WITHOUT_MONITORS_MILLIS
                : config.refreshInterval().toMillis(),
            Math.min(config.refreshInterval().toMillis(), OFTEN_MILLIS),
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void shrink() {
    if (allocator instanceof PooledByteBufAllocator pooled) {
      workers.forEach(worker -> worker.loop().execute(pooled::trimCurrentThreadCache));
    }
    System.gc();
  }

  @Override
  public void stopAccepting(boolean stop) {
    listeners.stop(stop);
  }

  @Override
  public void endHeaviest(double strength) {
    for (Worker worker : workers) {
      worker
          .loop()
          .execute(() -> {
            HeaviestStreams heaviest = new HeaviestStreams(config.heaviestFrom());
            listeners.streams(worker, heaviest);
            worker.stats().add(ended, heaviest.end(strength));
          });
    }
  }
}
