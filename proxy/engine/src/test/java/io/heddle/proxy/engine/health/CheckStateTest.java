package io.heddle.proxy.engine.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.health.CheckState.Failure;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.HealthCheck.Times;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What results of checks make of a host, and when it is asked again. */
class CheckStateTest {
  private static final Times TIMES =
      new Times(
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          Duration.ZERO,
          Duration.ZERO,
          0,
          Duration.ofSeconds(60),
          Duration.ofSeconds(70),
          Duration.ofSeconds(20),
          Duration.ofSeconds(3),
          Duration.ofSeconds(4));

  private final StatsRegistry registry = new StatsRegistry(1);
  private final List<String> events = new ArrayList<>();
  private final AtomicInteger changes = new AtomicInteger();
  private boolean used = true;

  private CheckState state(Times times, HealthCheck.EventLog log) {
    HealthCheck config =
        new HealthCheck(
            times,
            2,
            3,
            OptionalInt.empty(),
            true,
            new HealthCheck.Probe.Tcp(ByteString.EMPTY, List.of()),
            log,
            List.of(),
            Optional.empty());
    EventSink sink =
        new EventSink() {
          @Override
          public void line(String text) {
            events.add(text);
          }

          @Override
          public void close() {}
        };
    return new CheckState(
        config,
        new CheckStats(registry.root().scope("up")),
        new CheckEvents(
            config,
            () -> sink,
            new ManualTime(),
            "up",
            "127.0.0.1",
            80,
            () -> new Locality("r", "z", "")),
        () -> used,
        RuntimeView.NONE,
        new SplittableRandom(1),
        changes::incrementAndGet);
  }

  private CheckState state() {
    CheckState made = state(TIMES, HealthCheck.EventLog.NONE).unknown(false);
    made.begin();
    return made;
  }

  private static long seconds(long nanos) {
    assertThat(nanos % 1_000_000_000).isZero();
    return nanos / 1_000_000_000;
  }

  private long stat(String name) {
    return registry.snapshot().counter("up.health_check." + name).orElse(-1L);
  }

  private long gauge(String name) {
    return registry.snapshot().gauge("up.health_check." + name).orElse(-1L);
  }

  @Test
  void aNewHostIsWellAfterOneSuccessAndLaterOnesNeedMore() {
    CheckState state = state();
    assertThat(state.failed()).isTrue();
    assertThat(gauge("healthy")).isZero();
    assertThat(seconds(state.succeeded(false))).isEqualTo(10);
    assertThat(state.failed()).isFalse();
    assertThat(gauge("healthy")).isEqualTo(1);
    assertThat(changes).hasValue(1);
    assertThat(seconds(state.failed(Failure.NETWORK, true))).isEqualTo(3);
    assertThat(state.failed()).isFalse();
    assertThat(seconds(state.failed(Failure.NETWORK, true))).isEqualTo(20);
    assertThat(state.failed()).isTrue();
    assertThat(changes).hasValue(2);
    assertThat(seconds(state.succeeded(false))).isEqualTo(4);
    assertThat(seconds(state.succeeded(false))).isEqualTo(4);
    assertThat(state.failed()).isTrue();
    assertThat(seconds(state.succeeded(false))).isEqualTo(10);
    assertThat(state.failed()).isFalse();
    assertThat(stat("success")).isEqualTo(4);
    assertThat(stat("failure")).isEqualTo(2);
    assertThat(stat("network_failure")).isEqualTo(2);
    state.end();
    assertThat(gauge("healthy")).isZero();
  }

  @Test
  void aNewHostThatFailsNeedsAllSuccesses() {
    CheckState state = state();
    assertThat(seconds(state.failed(Failure.ACTIVE, false))).isEqualTo(20);
    for (int i = 0; i < 2; i++) {
      state.succeeded(false);
    }
    assertThat(state.failed()).isTrue();
    state.succeeded(false);
    assertThat(state.failed()).isFalse();
  }

  @Test
  void oneAnswerThatSaysNoDecides() {
    CheckState state = state();
    state.succeeded(false);
    state.failed(Failure.ACTIVE, false);
    assertThat(state.failed()).isTrue();
    assertThat(stat("network_failure")).isZero();
  }

  @Test
  void retriableAnswersDecideTogether() {
    CheckState state = state();
    state.succeeded(false);
    state.failed(Failure.ACTIVE, true);
    assertThat(state.failed()).isFalse();
    state.succeeded(false);
    state.failed(Failure.ACTIVE, true);
    assertThat(state.failed()).isFalse();
    state.failed(Failure.ACTIVE, true);
    assertThat(state.failed()).isTrue();
  }

  @Test
  void whatEachFailureWasIsTold() {
    CheckState state = state();
    state.succeeded(false);
    state.failed(Failure.NETWORK_TIMEOUT, true);
    assertThat(state.timedOut()).isFalse();
    state.failed(Failure.NETWORK_TIMEOUT, true);
    assertThat(state.timedOut()).isTrue();
    state.failed(Failure.ACTIVE, false);
    assertThat(state.timedOut()).isFalse();
    state.leaveOut();
    state.failed(Failure.PASSIVE, false);
    assertThat(state.leftOut()).isTrue();
    assertThat(stat("passive_failure")).isEqualTo(1);
    for (int i = 0; i < 3; i++) {
      state.succeeded(false);
    }
    assertThat(state.leftOut()).isFalse();
  }

  @Test
  void aHostMayBeWellAndDegraded() {
    CheckState state = state();
    state.succeeded(true);
    assertThat(state.failed()).isFalse();
    assertThat(state.degraded()).isTrue();
    assertThat(gauge("degraded")).isEqualTo(1);
    assertThat(changes).hasValue(1);
    state.succeeded(false);
    assertThat(state.degraded()).isFalse();
    assertThat(gauge("degraded")).isZero();
    assertThat(changes).hasValue(2);
  }

  @Test
  void untilItIsUsedAClusterIsAskedSeldom() {
    used = false;
    CheckState state = state();
    assertThat(seconds(state.failed(Failure.NETWORK, true))).isEqualTo(60);
    for (int i = 0; i < 2; i++) {
      assertThat(seconds(state.succeeded(false))).isEqualTo(60);
    }
    assertThat(seconds(state.succeeded(false))).isEqualTo(70);
    used = true;
    assertThat(seconds(state.succeeded(false))).isEqualTo(10);
  }

  @Test
  void jitterIsAddedToEachWait() {
    Times jittery =
        new Times(
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            50,
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10));
    CheckState state = state(jittery, HealthCheck.EventLog.NONE).unknown(false);
    long least = Long.MAX_VALUE;
    long most = 0;
    for (int i = 0; i < 2000; i++) {
      long wait = state.succeeded(false);
      least = Math.min(least, wait);
      most = Math.max(most, wait);
      assertThat(state.firstWait()).isBetween(1L, 5_000_000_000L);
    }
    assertThat(least).isBetween(10_000_000_000L, 10_500_000_000L);
    assertThat(most).isBetween(16_000_000_000L, 17_000_000_000L);
  }

  @Test
  void aHostThatWaitsForItsFirstCheckDoesNotCount() {
    CheckState state = state(TIMES, HealthCheck.EventLog.NONE).unknown(true);
    assertThat(state.pending()).isTrue();
    state.failed(Failure.NETWORK, true);
    assertThat(state.pending()).isFalse();
    // That it counts now is a change, though it was failed before.
    assertThat(changes).hasValue(1);
  }

  @Test
  void changesAreWrittenDownAndOtherResultsOnRequest() {
    CheckState quiet = state(TIMES, new HealthCheck.EventLog(List.of("x"), false, false));
    quiet.unknown(false);
    quiet.succeeded(false);
    quiet.succeeded(false);
    quiet.failed(Failure.NETWORK, true);
    quiet.failed(Failure.NETWORK_TIMEOUT, true);
    assertThat(events)
        .containsExactly(
            "{\"health_checker_type\":\"TCP\",\"host\":{\"socket_address\":{\"protocol\":\"TCP\","
                + "\"address\":\"127.0.0.1\",\"port_value\":80,\"resolver_name\":\"\","
                + "\"ipv4_compat\":false}},\"cluster_name\":\"up\","
                + "\"add_healthy_event\":{\"first_check\":true},"
                + "\"timestamp\":\"2026-01-01T00:00:00Z\","
                + "\"locality\":{\"region\":\"r\",\"zone\":\"z\",\"sub_zone\":\"\"}}",
            events.get(1));
    assertThat(events.get(1))
        .contains("\"eject_unhealthy_event\":{\"failure_type\":\"NETWORK_TIMEOUT\"}");
    events.clear();
    CheckState loud = state(TIMES, new HealthCheck.EventLog(List.of("x"), true, true));
    loud.unknown(false);
    loud.succeeded(false);
    loud.succeeded(true);
    loud.failed(Failure.NETWORK, true);
    assertThat(events).hasSize(4);
    assertThat(events.get(1)).endsWith("\"successful_health_check_event\":{}}");
    assertThat(events.get(2)).contains("\"degraded_healthy_host\":{}");
    assertThat(events.get(3))
        .contains(
            "\"health_check_failure_event\":{\"failure_type\":\"NETWORK\","
                + "\"first_check\":false}");
  }
}
