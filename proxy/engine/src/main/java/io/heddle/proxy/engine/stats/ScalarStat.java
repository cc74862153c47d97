package io.heddle.proxy.engine.stats;

import io.heddle.proxy.api.StatsScope;

/** A counter or a gauge. Safe on every thread; on a loop prefer {@link LoopStats#add}. */
public final class ScalarStat implements StatsScope.Counter, StatsScope.Gauge {
  final StatName name;
  final int id;
  final boolean monotonic;
  final boolean shown;
  private final StatsRegistry registry;
  private volatile long base; // What had been counted at the last reset.

  ScalarStat(StatsRegistry registry, StatName name, int id, boolean monotonic, boolean shown) {
    this.registry = registry;
    this.name = name;
    this.id = id;
    this.monotonic = monotonic;
    this.shown = shown;
  }

  @Override
  public void add(long amount) {
    if (monotonic && amount < 0) {
      throw new IllegalArgumentException("amount: " + amount + " (expected: >= 0)");
    }
    LoopStats cells = LoopThread.statsOf(registry);
    if (cells == registry.shared) {
      synchronized (cells) {
        cells.add(this, amount);
      }
    } else {
      cells.add(this, amount);
    }
  }

  @Override
  public long value() {
    return total() - base;
  }

  void reset() {
    base = total();
  }

  private long total() {
    long sum = registry.shared.read(id);
    for (LoopStats loop : registry.loops) {
      sum += loop.read(id);
    }
    return sum;
  }
}
