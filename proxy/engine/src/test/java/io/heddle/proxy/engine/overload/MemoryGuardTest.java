package io.heddle.proxy.engine.overload;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.stats.StatsRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Shares of memory and what follows from them. */
class MemoryGuardTest {
  private final StatsRegistry registry = new StatsRegistry(1);
  private final Overload overload = new Overload();
  private final AtomicInteger shrunk = new AtomicInteger();
  private double heap;
  private double direct;
  private final MemoryGuard guard =
      new MemoryGuard(
          overload,
          () -> heap,
          () -> direct,
          shrunk::incrementAndGet,
          registry.root().scope("overload"));

  private long gauge(String name) {
    return registry.snapshot().gauge("overload." + name).orElseThrow();
  }

  @Test
  void theFullestKindOfMemoryDecides() {
    heap = 0.5;
    direct = 0.94;
    guard.look(0);
    assertThat(overload.shrinks()).isFalse();
    assertThat(gauge("heddle.resource_monitors.direct_memory.pressure")).isEqualTo(94);
    direct = 0.96;
    guard.look(1);
    assertThat(overload.shrinks()).isTrue();
    assertThat(overload.refuses()).isFalse();
    assertThat(shrunk).hasValue(1);
    heap = 0.985;
    direct = 0;
    guard.look(2);
    assertThat(overload.refuses()).isTrue();
    assertThat(gauge("envoy.overload_actions.stop_accepting_requests.active")).isEqualTo(1);
    heap = 0.97;
    guard.look(3);
    assertThat(overload.refuses()).as("between the two it stays as it is").isTrue();
    heap = 0.9;
    guard.look(4);
    assertThat(overload.refuses()).isFalse();
    assertThat(gauge("envoy.overload_actions.stop_accepting_requests.active")).isZero();
  }

  @Test
  void collectionsAreAskedForNowAndThenOnly() {
    heap = 0.99;
    for (int i = 0; i < 40; i++) {
      guard.look(TimeUnit.MILLISECONDS.toNanos(250L * i));
    }
    assertThat(shrunk).hasValue(1);
    guard.look(TimeUnit.SECONDS.toNanos(10));
    assertThat(shrunk).hasValue(2);
  }

  @Test
  void thisMachineTellsItsShares() {
    assertThat(MemoryGuard.heapShare().getAsDouble()).isBetween(0.0, 1.0);
    assertThat(MemoryGuard.directShare().getAsDouble()).isBetween(0.0, 1.0);
  }
}
