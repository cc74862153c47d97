package io.heddle.proxy.engine.stats;

import io.netty.util.concurrent.FastThreadLocalThread;

/** The thread of an event loop, which knows its cells. */
public final class LoopThread extends FastThreadLocalThread {
  private final StatsRegistry registry;
  private final LoopStats stats;

  /** A thread that writes to these cells of this registry. */
  public LoopThread(Runnable target, String name, StatsRegistry registry, LoopStats stats) {
    super(null, target, name);
    this.registry = registry;
    this.stats = stats;
  }

  static LoopStats statsOf(StatsRegistry registry) {
    return Thread.currentThread() instanceof LoopThread thread && thread.registry == registry
        ? thread.stats
        : registry.shared;
  }
}
