package io.heddle.proxy.engine.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.RuntimeValue;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayeredRuntimeTest {
  private final StatsRegistry registry = new StatsRegistry(1);
  private final LayeredRuntime runtime =
      new LayeredRuntime(List.of("base", "admin"), registry.root().scope("runtime"));

  @Test
  void fallsBackToWhatTheConfigurationSays() {
    assertThat(runtime.flag("a", true)).isTrue();
    assertThat(runtime.integer("a", 7)).isEqualTo(7);
    assertThat(runtime.number("a", 0.5)).isEqualTo(0.5);
    assertThat(runtime.includes("a", 1, 2, 0)).isTrue();
    assertThat(runtime.includes("a", 1, 2, 1)).isFalse();
  }

  @Test
  void laterLayersOverrideEarlierOnes() {
    runtime.replace(0, Map.of("a", RuntimeValue.of(1), "b", RuntimeValue.of(2)));
    runtime.replace(1, Map.of("a", RuntimeValue.of(9)));
    assertThat(runtime.integer("a", 0)).isEqualTo(9);
    assertThat(runtime.integer("b", 0)).isEqualTo(2);
    runtime.replace(1, Map.of());
    assertThat(runtime.integer("a", 0)).isEqualTo(1);
  }

  @Test
  void aValueOfAnotherKindCountsAsAbsent() {
    runtime.replace(0, Map.of("t", RuntimeValue.ofText("foo"), "b", RuntimeValue.of(true)));
    assertThat(runtime.integer("t", 3)).isEqualTo(3);
    assertThat(runtime.flag("t", true)).isTrue();
    assertThat(runtime.number("b", 0.25)).isEqualTo(0.25);
  }

  @Test
  void aWholeNumberIsAPercentageAndAShareIsItself() {
    runtime.replace(
        0, Map.of("n", RuntimeValue.of(30), "f", RuntimeValue.of(new Fraction(1, 10_000))));
    assertThat(runtime.includes("n", 0, 100, 29)).isTrue();
    assertThat(runtime.includes("n", 100, 100, 30)).isFalse();
    assertThat(runtime.includes("f", 100, 100, 20_000)).isTrue();
    assertThat(runtime.includes("f", 100, 100, 1)).isFalse();
  }

  @Test
  void percentagesBeyondAHundredMeanAll() {
    runtime.replace(0, Map.of("n", RuntimeValue.of(1000)));
    assertThat(runtime.includes("n", 0, 100, 99)).isTrue();
  }

  @Test
  void anEmptyTextTakesAKeyOut() {
    runtime.modify(1, Map.of("a", "true", "b", "2.5"));
    assertThat(runtime.flag("a", false)).isTrue();
    assertThat(runtime.number("b", 0)).isEqualTo(2.5);
    runtime.modify(1, Map.of("a", ""));
    assertThat(runtime.flag("a", false)).isFalse();
    assertThat(runtime.number("b", 0)).isEqualTo(2.5);
  }

  @Test
  void countsKeysLayersLoadsAndOverrides() {
    runtime.replace(0, Map.of("a", RuntimeValue.of(1), "b", RuntimeValue.of(2)));
    runtime.modify(1, Map.of("a", "5"));
    runtime.failed();
    assertThat(registry.root().gauge("runtime.num_keys").value()).isEqualTo(2);
    assertThat(registry.root().gauge("runtime.num_layers").value()).isEqualTo(2);
    assertThat(registry.root().gauge("runtime.admin_overrides_active").value()).isEqualTo(1);
    assertThat(registry.root().counter("runtime.load_success").value()).isEqualTo(2);
    assertThat(registry.root().counter("runtime.load_error").value()).isEqualTo(1);
  }

  @Test
  void looksUpWithoutAllocation() {
    runtime.replace(0, Map.of("a.b", RuntimeValue.of(50)));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int seen = ask(runtime, 100_000);
    long before = threads.getCurrentThreadAllocatedBytes();
    seen += ask(runtime, 100_000);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    assertThat(seen).isPositive();
  }

  private static int ask(RuntimeView view, int times) {
    int seen = 0;
    for (int i = 0; i < times; i++) {
      seen += view.includes("a.b", 0, 100, i) ? 1 : 0;
      seen += view.integer("a.b", 0) == 50 ? 1 : 0;
      seen += view.number("none", 1) == 1 ? 1 : 0;
      seen += view.flag("a.b", true) ? 1 : 0;
    }
    return seen;
  }
}
