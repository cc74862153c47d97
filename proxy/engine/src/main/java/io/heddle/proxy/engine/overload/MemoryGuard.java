package io.heddle.proxy.engine.overload;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the heap and at direct memory, and says how full they are. Called by one thread.
 *
 * <p>Of the heap counts what survived the last collection of its old part, as garbage is no
 * pressure. While that is too much, a collection is asked for now and then: without load none would
 * come, and the pressure would never end.
 */
public final class MemoryGuard {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryGuard.class);
  private static final long COLLECT_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Overload overload;
  private final DoubleSupplier heap;
  private final DoubleSupplier direct;
  private final Runnable shrink;
  private final ScalarStat heapPressure;
  private final ScalarStat directPressure;
  private final ScalarStat shrinkActive;
  private final ScalarStat[] refuseActive;
  private boolean shrunk;
  private long shrunkAt;
  private boolean told;

  /**
   * A guard.
   *
   * @param heap share of the heap in use
   * @param direct share of direct memory in use
   * @param shrink gives back what can be given back
   */
  public MemoryGuard(
      Overload overload, DoubleSupplier heap, DoubleSupplier direct, Runnable shrink, Scope stats) {
    this.overload = overload;
    this.heap = heap;
    this.direct = direct;
    this.shrink = shrink;
    heapPressure = stats.gauge("heddle.resource_monitors.heap.pressure");
    directPressure = stats.gauge("heddle.resource_monitors.direct_memory.pressure");
    Scope actions = stats.scope("envoy").scope("overload_actions");
    shrinkActive = actions.gauge("shrink_heap.active");
    refuseActive =
        new ScalarStat[] {
          actions.gauge("stop_accepting_connections.active"),
          actions.gauge("stop_accepting_requests.active"),
          actions.gauge("disable_http_keepalive.active")
        };
  }

  /** Share of the heap's old part that survived its last collection. */
  public static DoubleSupplier heapShare() {
    Optional<MemoryPoolMXBean> old =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .filter(MemoryPoolMXBean::isUsageThresholdSupported)
            .findFirst();
    return () -> old.map(MemoryGuard::share).orElse(0.0);
  }

  private static double share(MemoryPoolMXBean pool) {
    MemoryUsage now = pool.getUsage();
    MemoryUsage collected = pool.getCollectionUsage();
    if (now == null || collected == null || now.getMax() <= 0) {
      return 0;
    }
    return (double) Math.min(now.getUsed(), collected.getUsed()) / now.getMax();
  }

  /** Share of direct memory that buffers have. */
  public static DoubleSupplier directShare() {
    return () -> {
      long used = PlatformDependent.usedDirectMemory();
      long most = PlatformDependent.maxDirectMemory();
      return used < 0 || most <= 0 ? 0 : (double) used / most;
    };
  }

  /** Looks, and acts on what is seen. */
  public void look(long nowNanos) {
    double heapShare = heap.getAsDouble();
    double directShare = direct.getAsDouble();
    overload.pressure(Math.max(heapShare, directShare));
    set(heapPressure, Math.round(heapShare * 100));
    set(directPressure, Math.round(directShare * 100));
    set(shrinkActive, overload.shrinks() ? 1 : 0);
    for (ScalarStat stat : refuseActive) {
      set(stat, overload.refuses() ? 1 : 0);
    }
    if (overload.shrinks() && (!shrunk || nowNanos - shrunkAt >= COLLECT_EVERY_NANOS)) {
      shrunk = true;
      shrunkAt = nowNanos;
      shrink.run();
    }
    if (overload.refuses() != told) {
      told = overload.refuses();
      if (told) {
        LOG.warn(
            "Overload: heap {} %, direct memory {} %; new connections and requests are refused",
            Math.round(heapShare * 100), Math.round(directShare * 100));
      } else {
        LOG.info("The overload is over");
      }
    }
  }

  private static void set(ScalarStat gauge, long value) {
    gauge.add(value - gauge.value());
  }
}
