package io.heddle.proxy.engine.overload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.xds.model.OverloadConfig;
import io.heddle.xds.model.OverloadConfig.Action;
import io.heddle.xds.model.OverloadConfig.Monitor;
import io.heddle.xds.model.OverloadConfig.Rule;
import io.heddle.xds.model.OverloadConfig.Trigger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What runs short and what follows from it. */
class OverloadWatchTest {
  private final StatsRegistry registry = new StatsRegistry(1);
  private final Overload overload = new Overload();
  private final List<String> done = new ArrayList<>();
  private double heap;
  private double direct;
  private long connections;
  private long delayNanos;

  @TempDir Path folder;

  private OverloadWatch watching(OverloadConfig config) {
    return new OverloadWatch(
        overload,
        config,
        () -> connections,
        () -> delayNanos,
        () -> heap,
        () -> direct,
        new OverloadWatch.Doer() {
          @Override
          public void shrink() {
            done.add("shrink");
          }

          @Override
          public void stopAccepting(boolean stop) {
            done.add("stop " + stop);
          }

          @Override
          public void endHeaviest(double strength) {
            done.add("end " + Math.round(strength * 100));
          }
        },
        registry.root().scope("overload"));
  }

  private long gauge(String name) {
    return registry.snapshot().gauge("overload." + name).orElseThrow();
  }

  private static OverloadConfig config(Monitor monitor, Rule... rules) {
    return new OverloadConfig(OverloadConfig.REFRESH, List.of(monitor), List.of(rules), 1 << 16);
  }

  @Test
  void theFullestKindOfMemoryDecides() {
    OverloadWatch watch = watching(OverloadConfig.NONE);
    heap = 0.5;
    direct = 0.94;
    watch.look(0);
    assertThat(done).isEmpty();
    assertThat(gauge("heddle.resource_monitors.direct_memory.pressure")).isEqualTo(94);
    direct = 0.96;
    watch.look(1);
    assertThat(done).containsExactly("shrink");
    assertThat(overload.strength(Action.STOP_ACCEPTING_REQUESTS)).isZero();
    heap = 0.99;
    direct = 0;
    watch.look(2);
    assertThat(overload.strength(Action.STOP_ACCEPTING_REQUESTS)).isEqualTo(1);
    assertThat(overload.strength(Action.REJECT_INCOMING_CONNECTIONS)).isEqualTo(1);
    assertThat(done).containsExactly("shrink", "end 50");
    assertThat(gauge("envoy.overload_actions.stop_accepting_requests.active")).isEqualTo(1);
    heap = 0.97;
    watch.look(3);
    assertThat(overload.strength(Action.STOP_ACCEPTING_REQUESTS))
        .as("between the two it stays as it is")
        .isEqualTo(1);
    heap = 0.9;
    watch.look(4);
    assertThat(overload.strength(Action.STOP_ACCEPTING_REQUESTS)).isZero();
    assertThat(gauge("envoy.overload_actions.stop_accepting_requests.active")).isZero();
  }

  @Test
  void collectionsAreAskedForNowAndThenOnly() {
    OverloadWatch watch = watching(OverloadConfig.NONE);
    heap = 0.96;
    for (int i = 0; i < 40; i++) {
      watch.look(TimeUnit.MILLISECONDS.toNanos(250L * i));
    }
    assertThat(done).containsExactly("shrink");
    watch.look(TimeUnit.SECONDS.toNanos(10));
    assertThat(done).containsExactly("shrink", "shrink");
  }

  @Test
  void aThresholdIsAllOrNothingAndAScaleIsInBetween() throws IOException {
    Path file = folder.resolve("pressure");
    OverloadWatch watch =
        watching(
            config(
                new Monitor.InjectedResource("it", file.toString()),
                new Rule(Action.STOP_ACCEPTING_CONNECTIONS, List.of(new Trigger("it", 0.9, 0.9))),
                new Rule(Action.STOP_ACCEPTING_REQUESTS, List.of(new Trigger("it", 0.5, 1)))));
    Files.writeString(file, "0.75\n");
    watch.look(0);
    assertThat(overload.strength(Action.STOP_ACCEPTING_REQUESTS)).isEqualTo(0.5);
    assertThat(gauge("envoy.overload_actions.stop_accepting_requests.scale_percent")).isEqualTo(50);
    assertThat(gauge("envoy.overload_actions.stop_accepting_requests.active")).isZero();
    assertThat(gauge("it.pressure")).isEqualTo(75);
    SplittableRandom random = new SplittableRandom(1);
    int hits = 0;
    for (int i = 0; i < 1_000; i++) {
      hits += overload.hits(Action.STOP_ACCEPTING_REQUESTS, random) ? 1 : 0;
    }
    assertThat(hits).isBetween(440, 560);
    Files.writeString(file, "0.9");
    watch.look(1);
    watch.look(2);
    Files.writeString(file, "0.1");
    watch.look(3);
    assertThat(done).containsExactly("stop true", "stop false");
  }

  @Test
  void aMonitorThatCannotTellIsCountedAndItsLastWordStands() throws IOException {
    Path file = Files.writeString(folder.resolve("pressure"), "1");
    OverloadWatch watch =
        watching(
            config(
                new Monitor.InjectedResource("it", file.toString()),
                new Rule(Action.DISABLE_HTTP_KEEPALIVE, List.of(new Trigger("it", 1, 1)))));
    watch.look(0);
    for (String wrong : List.of("", "2", "-1", "NaN", "much", "0".repeat(100))) {
      Files.writeString(file, wrong);
      watch.look(1);
    }
    Files.delete(file);
    watch.look(2);
    assertThat(registry.snapshot().counter("overload.it.failed_updates")).hasValue(7L);
    assertThat(overload.strength(Action.DISABLE_HTTP_KEEPALIVE)).isEqualTo(1);
  }

  @Test
  void connectionsAreCountedAgainstTheirMost() {
    OverloadWatch watch =
        watching(
            config(
                new Monitor.DownstreamConnections("cx", 200),
                new Rule(Action.SHRINK_HEAP, List.of(new Trigger("cx", 0.5, 0.5)))));
    connections = 99;
    watch.look(0);
    assertThat(done).isEmpty();
    connections = 100;
    watch.look(1);
    assertThat(done).containsExactly("shrink");
    assertThat(
            new ConnectionLimits(7, 8).with(config(new Monitor.DownstreamConnections("cx", 200))))
        .isEqualTo(new ConnectionLimits(7, 200));
  }

  @Test
  void controlGroupsOfBothVersionsAreRead() throws IOException {
    Files.writeString(folder.resolve("memory.current"), "524288000\n");
    Files.writeString(folder.resolve("memory.max"), "max\n");
    assertThat(Pressure.ofControlGroup(folder, 1_048_576_000).share()).isEqualTo(0.5);
    Files.writeString(folder.resolve("memory.max"), "524288000\n");
    assertThat(Pressure.ofControlGroup(folder, 1_048_576_000).share()).isEqualTo(1);
    Files.delete(folder.resolve("memory.current"));
    Files.createDirectory(folder.resolve("memory"));
    Files.writeString(folder.resolve("memory/memory.usage_in_bytes"), "100");
    Files.writeString(folder.resolve("memory/memory.limit_in_bytes"), "9223372036854771712");
    assertThat(Pressure.ofControlGroup(folder, 1_000).share()).isEqualTo(0.1);
    Path nowhere = folder.resolve("nowhere");
    assertThatThrownBy(() -> Pressure.ofControlGroup(nowhere, 1).share())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no such file");
  }

  @Test
  void thisMachineTellsItsShares() throws IOException {
    assertThat(Pressure.ofHeap().share()).isBetween(0.0, 1.0);
    assertThat(Pressure.ofDirectMemory().share()).isBetween(0.0, 1.0);
    assertThat(Pressure.ofMemory(1L << 40).share()).isBetween(0.0, 1.0);
  }

  @Test
  void theHeaviestStreamsGoFirstAndAtMostFifty() {
    HeaviestStreams some = new HeaviestStreams(1024);
    List<Long> ended = new ArrayList<>();
    for (long bytes : new long[] {1023, 1024, 5_000, 200_000, 1L << 30, 2_048}) {
      some.see(stream(bytes, ended));
    }
    assertThat(some.end(0.01)).isEqualTo(2);
    assertThat(ended).containsExactlyInAnyOrder(200_000L, 1L << 30);
    HeaviestStreams all = new HeaviestStreams(1024);
    ended.clear();
    for (int i = 0; i < 60; i++) {
      all.see(stream(1024L << (i % 8), ended));
    }
    assertThat(all.end(1)).isEqualTo(50);
    assertThat(ended).isSortedAccordingTo((a, b) -> Long.compare(b, a));
  }

  private static HeavyStream stream(long bytes, List<Long> ended) {
    return new HeavyStream() {
      @Override
      public long heldBytes() {
        return bytes;
      }

      @Override
      public void endForWeight() {
        ended.add(bytes);
      }
    };
  }
}
