package io.heddle.proxy.engine.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.model.OutlierDetection;
import io.heddle.xds.model.OutlierDetection.Consecutive;
import io.heddle.xds.model.OutlierDetection.Ejection;
import io.heddle.xds.model.OutlierDetection.FailurePercentage;
import io.heddle.xds.model.OutlierDetection.SuccessRate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which hosts are taken out, when, and for how long; with time that only the test moves. */
class OutlierDetectorTest {
  private static final Consecutive OFF = new Consecutive(1_000, 0);
  private static final OutlierDetection FREELY =
      with(new Ejection(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ZERO, 100, false));

  private final StatsRegistry registry = new StatsRegistry(1);
  private final ManualTime time = new ManualTime();
  private final AtomicInteger changes = new AtomicInteger();
  private final List<String> events = new ArrayList<>();
  private final List<HostWatch> hosts = new ArrayList<>();
  private RuntimeView runtime = RuntimeView.NONE;

  private static OutlierDetection with(Ejection ejection) {
    OutlierDetection d = OutlierDetection.DEFAULT;
    return new OutlierDetection(
        d.interval(),
        ejection,
        d.consecutive5xx(),
        d.consecutiveGateway(),
        d.consecutiveLocal(),
        d.split(),
        d.successRate(),
        d.failurePercentage(),
        d.checkReturns());
  }

  private static OutlierDetection freely(
      Consecutive answers, Consecutive gateway, Consecutive local, boolean split) {
    return new OutlierDetection(
        FREELY.interval(),
        FREELY.ejection(),
        answers,
        gateway,
        local,
        split,
        FREELY.successRate(),
        FREELY.failurePercentage(),
        true);
  }

  private static OutlierDetection shares(SuccessRate rate, FailurePercentage percentage) {
    return new OutlierDetection(
        FREELY.interval(), FREELY.ejection(), OFF, OFF, OFF, false, rate, percentage, true);
  }

  private OutlierDetector detector(OutlierDetection config, int count) {
    OutlierDetector made =
        new OutlierDetector(
            config,
            "up",
            registry.root().scope("up"),
            new OutlierDetector.Surroundings(
                runtime,
                time::nanoTime,
                time,
                new SplittableRandom(1),
                Runnable::run,
                new EventSink() {
                  @Override
                  public void line(String text) {
                    events.add(text);
                  }

                  @Override
                  public void close() {}
                }),
            changes::incrementAndGet);
    for (int i = 0; i < count; i++) {
      hosts.add(made.watch("127.0.0.1:" + (i + 1)));
    }
    return made;
  }

  private void answer(int host, int status, int times) {
    for (int i = 0; i < times; i++) {
      hosts.get(host).answered(status);
    }
  }

  private List<Integer> out() {
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < hosts.size(); i++) {
      if (hosts.get(i).ejected()) {
        out.add(i);
      }
    }
    return out;
  }

  private long stat(String name) {
    return registry.snapshot().counter("up.outlier_detection." + name).orElse(-1L);
  }

  private long active() {
    return registry.snapshot().gauge("up.outlier_detection.ejections_active").orElse(-1L);
  }

  @Test
  void fiveServerErrorsInARowTakeAHostOut() {
    var _ = detector(FREELY, 2);
    answer(0, 500, 4);
    answer(0, 404, 1);
    answer(0, 500, 4);
    assertThat(out()).isEmpty();
    answer(0, 503, 1);
    assertThat(out()).containsExactly(0);
    assertThat(changes).hasValue(1);
    assertThat(stat("ejections_detected_consecutive_5xx")).isEqualTo(1);
    assertThat(stat("ejections_enforced_consecutive_5xx")).isEqualTo(1);
    assertThat(stat("ejections_enforced_total")).isEqualTo(1);
    assertThat(stat("ejections_total")).isEqualTo(1);
    assertThat(stat("ejections_consecutive_5xx")).isEqualTo(1);
    assertThat(active()).isEqualTo(1);
    // What comes of it while it is out changes nothing.
    answer(0, 500, 20);
    assertThat(stat("ejections_detected_consecutive_5xx")).isEqualTo(1);
  }

  @Test
  void gatewayErrorsAreCountedApartAndByDefaultOnlyWatched() {
    var _ = detector(FREELY, 2);
    answer(0, 502, 2);
    answer(0, 503, 2);
    answer(0, 504, 1);
    // The same five are server errors, which are enforced.
    assertThat(stat("ejections_detected_consecutive_gateway_failure")).isEqualTo(1);
    assertThat(stat("ejections_enforced_consecutive_gateway_failure")).isZero();
    assertThat(out()).containsExactly(0);
  }

  @Test
  void enforcedGatewayErrorsTakeAHostOutThatOtherErrorsDoNot() {
    var _ = detector(freely(OFF, new Consecutive(3, 100), OFF, false), 2);
    answer(0, 500, 10);
    answer(0, 503, 2);
    answer(0, 500, 1);
    answer(0, 503, 2);
    assertThat(out()).isEmpty();
    answer(0, 504, 1);
    assertThat(out()).containsExactly(0);
  }

  @Test
  void withoutSplitNoAnswerIsAGatewayError() {
    var _ = detector(freely(new Consecutive(4, 100), new Consecutive(4, 100), OFF, false), 2);
    hosts.get(0).connected();
    hosts.get(0).failed();
    hosts.get(0).timedOut();
    hosts.get(0).connected();
    hosts.get(0).failed();
    assertThat(out()).isEmpty();
    hosts.get(0).failed();
    assertThat(out()).containsExactly(0);
    // A connection on which nothing more is known is a success.
    for (int i = 0; i < 3; i++) {
      hosts.get(1).failed();
    }
    hosts.get(1).connectedForGood();
    hosts.get(1).failed();
    assertThat(out()).containsExactly(0);
  }

  @Test
  void withSplitFailuresToReachAHostAreCountedByThemselves() {
    var _ = detector(freely(new Consecutive(3, 100), OFF, new Consecutive(3, 100), true), 3);
    hosts.get(0).failed();
    hosts.get(0).timedOut();
    hosts.get(0).connected();
    hosts.get(0).failed();
    answer(0, 500, 2);
    assertThat(out()).isEmpty();
    hosts.get(0).failed();
    hosts.get(0).failed();
    assertThat(out()).containsExactly(0);
    assertThat(stat("ejections_enforced_consecutive_local_origin_failure")).isEqualTo(1);
    answer(1, 500, 3);
    assertThat(stat("ejections_enforced_consecutive_5xx")).isEqualTo(1);
  }

  @Test
  void ejectionsGrowUpToTheLongestAndShrinkWhileAHostIsWell() {
    OutlierDetector detector = detector(FREELY, 2);
    for (int round = 1; round <= 3; round++) {
      answer(0, 500, 5);
      assertThat(out()).containsExactly(0);
      time.advance(Duration.ofSeconds(30L * round - 1));
      detector.sweep();
      assertThat(out()).as("round " + round).containsExactly(0);
      time.advance(Duration.ofSeconds(1));
      detector.sweep();
      assertThat(out()).as("round " + round).isEmpty();
      assertThat(active()).isZero();
    }
    // Two intervals in which it is well.
    for (int i = 0; i < 2; i++) {
      time.advance(Duration.ofSeconds(10));
      detector.sweep();
    }
    answer(0, 500, 5);
    time.advance(Duration.ofSeconds(59));
    detector.sweep();
    assertThat(out()).containsExactly(0);
    time.advance(Duration.ofSeconds(1));
    detector.sweep();
    assertThat(out()).isEmpty();
    // Twenty times in a row: 300 s are the most.
    for (int i = 0; i < 20; i++) {
      answer(0, 500, 5);
      time.advance(Duration.ofMinutes(5));
      detector.sweep();
      assertThat(out()).isEmpty();
    }
  }

  @Test
  void jitterIsAddedOnce() {
    OutlierDetector detector =
        detector(
            with(
                new Ejection(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(10),
                    100,
                    false)),
            200);
    for (int i = 0; i < 200; i++) {
      answer(i, 500, 5);
    }
    int last = 200;
    List<Integer> left = new ArrayList<>();
    for (int second = 1; second <= 11; second++) {
      time.advance(Duration.ofSeconds(1));
      detector.sweep();
      left.add(out().size());
      assertThat(out().size()).isLessThanOrEqualTo(last);
      last = out().size();
    }
    // Spread over the ten seconds.
    assertThat(left.get(5)).isBetween(60, 140);
    assertThat(last).isZero();
  }

  @Test
  void noMoreAreOutThanMayBe() {
    Ejection few =
        new Ejection(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ZERO, 20, false);
    var _ = detector(with(few), 10);
    for (int i = 0; i < 4; i++) {
      answer(i, 500, 5);
    }
    assertThat(out()).containsExactly(0, 1);
    assertThat(stat("ejections_overflow")).isEqualTo(2);
    assertThat(stat("ejections_detected_consecutive_5xx")).isEqualTo(4);
    assertThat(stat("ejections_total")).isEqualTo(2);
  }

  @Test
  void ofFewHostsOneMayBeOutOnlyWhereThatIsSaid() {
    Ejection ten =
        new Ejection(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ZERO, 10, false);
    var _ = detector(with(ten), 3);
    answer(0, 500, 5);
    assertThat(out()).isEmpty();
    assertThat(stat("ejections_overflow")).isEqualTo(1);
    hosts.clear();
    Ejection one =
        new Ejection(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ZERO, 10, true);
    var _ = detector(with(one), 3);
    answer(0, 500, 5);
    answer(1, 500, 5);
    assertThat(out()).containsExactly(0);
  }

  @Test
  void whoFailsMuchMoreThanTheOthersIsTakenOut() {
    OutlierDetector detector =
        detector(shares(new SuccessRate(5, 100, 1900, 100, 100), FailurePercentage.DEFAULT), 6);
    for (int i = 0; i < 6; i++) {
      answer(i, 200, i == 2 ? 70 : 99);
      answer(i, 500, i == 2 ? 30 : 1);
    }
    detector.sweep();
    assertThat(out()).containsExactly(2);
    assertThat(stat("ejections_enforced_success_rate")).isEqualTo(1);
    assertThat(stat("ejections_success_rate")).isEqualTo(1);
    assertThat(hosts.get(2).successRate()).isEqualTo(70);
    assertThat(hosts.get(0).successRate()).isEqualTo(99);
    assertThat(events)
        .singleElement()
        .asString()
        .contains("\"type\":\"SUCCESS_RATE\"")
        .contains("\"host_success_rate\":70,\"cluster_average_success_rate\":94");
    // What was before this interval does not count.
    detector.sweep();
    assertThat(hosts.get(0).successRate()).isEqualTo(-1);
    assertThat(stat("ejections_detected_success_rate")).isEqualTo(1);
  }

  @Test
  void fewRequestsAndFewHostsAreNotCompared() {
    OutlierDetector detector =
        detector(shares(new SuccessRate(5, 100, 1900, 100, 100), FailurePercentage.DEFAULT), 6);
    for (int i = 0; i < 6; i++) {
      answer(i, 200, i == 2 ? 0 : 99);
      answer(i, 500, i == 2 ? 99 : 1);
    }
    detector.sweep();
    assertThat(out()).isEmpty();
    for (int i = 0; i < 4; i++) {
      answer(i, i == 2 ? 500 : 200, 200);
    }
    detector.sweep();
    assertThat(out()).isEmpty();
  }

  @Test
  void whoFailsInSoManyPercentIsTakenOutHoweverTheOthersAre() {
    OutlierDetector detector =
        detector(
            shares(new SuccessRate(5, 100, 1900, 0, 0), new FailurePercentage(30, 3, 50, 100, 0)),
            3);
    answer(0, 200, 70);
    answer(0, 500, 30);
    answer(1, 200, 71);
    answer(1, 500, 29);
    answer(2, 500, 50);
    detector.sweep();
    assertThat(out()).containsExactly(0, 2);
    assertThat(stat("ejections_enforced_failure_percentage")).isEqualTo(2);
    assertThat(stat("ejections_total")).isZero();
    assertThat(events).allMatch(line -> line.contains("\"eject_failure_percentage_event\":{"));
  }

  @Test
  void localFailuresAreComparedByThemselves() {
    OutlierDetection config =
        new OutlierDetection(
            FREELY.interval(),
            FREELY.ejection(),
            OFF,
            OFF,
            OFF,
            true,
            SuccessRate.DEFAULT,
            new FailurePercentage(50, 2, 10, 0, 100),
            true);
    OutlierDetector detector = detector(config, 2);
    for (int i = 0; i < 10; i++) {
      hosts.get(0).failed();
      hosts.get(1).connected();
      answer(0, 200, 10);
    }
    detector.sweep();
    assertThat(out()).containsExactly(0);
    assertThat(stat("ejections_enforced_local_origin_failure_percentage")).isEqualTo(1);
    assertThat(hosts.get(0).localSuccessRate()).isZero();
    assertThat(hosts.get(0).successRate()).isEqualTo(100);
  }

  @Test
  void aCheckThatSucceedsBringsAHostBackUnlessThatIsSwitchedOff() {
    OutlierDetector detector = detector(FREELY, 2);
    answer(0, 500, 5);
    hosts.get(0).checkedWell();
    assertThat(out()).isEmpty();
    assertThat(active()).isZero();
    // Counting begins anew.
    answer(0, 500, 4);
    assertThat(out()).isEmpty();
    detector.close();
    hosts.clear();
    OutlierDetection d = FREELY;
    var _ =
        detector(
            new OutlierDetection(
                d.interval(),
                d.ejection(),
                d.consecutive5xx(),
                d.consecutiveGateway(),
                d.consecutiveLocal(),
                d.split(),
                d.successRate(),
                d.failurePercentage(),
                false),
            2);
    answer(0, 500, 5);
    hosts.get(0).checkedWell();
    assertThat(out()).containsExactly(0);
  }

  @Test
  void whoIsGoneIsNotCountedAsOut() {
    OutlierDetector detector = detector(FREELY, 3);
    answer(0, 500, 5);
    answer(1, 500, 5);
    detector.forget(hosts.get(0));
    assertThat(active()).isEqualTo(1);
    detector.close();
    assertThat(active()).isZero();
    assertThat(out()).containsExactly(0);
    answer(2, 500, 5);
    assertThat(hosts.get(2).ejected()).isFalse();
  }

  @Test
  void theRuntimeChangesEverything() {
    runtime =
        new RuntimeView() {
          @Override
          public boolean flag(String key, boolean absent) {
            return absent;
          }

          @Override
          public long integer(String key, long absent) {
            return switch (key) {
              case "outlier_detection.consecutive_5xx" -> 2;
              case "outlier_detection.interval_ms" -> 70;
              case "outlier_detection.base_ejection_time_ms" -> 1000;
              default -> absent;
            };
          }

          @Override
          public double number(String key, double absent) {
            return absent;
          }

          @Override
          public boolean includes(String key, long numerator, int denominator, long random) {
            return !key.equals("outlier_detection.enforcing_consecutive_5xx");
          }
        };
    OutlierDetector detector = detector(FREELY, 2);
    assertThat(detector.interval()).isEqualTo(Duration.ofMillis(70));
    answer(0, 500, 2);
    assertThat(stat("ejections_detected_consecutive_5xx")).isEqualTo(1);
    assertThat(out()).isEmpty();
    assertThat(events).singleElement().asString().contains("\"enforced\":false");
  }

  @Test
  void eventsAreWrittenAsEnvoyWritesThem() {
    OutlierDetector detector = detector(FREELY, 2);
    answer(0, 500, 5);
    time.advance(Duration.ofSeconds(31));
    detector.sweep();
    assertThat(events)
        .containsExactly(
            "{\"type\":\"CONSECUTIVE_5XX\",\"timestamp\":\"2026-01-01T00:00:00Z\","
                + "\"cluster_name\":\"up\",\"upstream_url\":\"127.0.0.1:1\",\"action\":\"EJECT\","
                + "\"num_ejections\":1,\"enforced\":true,\"eject_consecutive_event\":{}}",
            "{\"type\":\"CONSECUTIVE_5XX\",\"timestamp\":\"2026-01-01T00:00:31Z\","
                + "\"secs_since_last_action\":\"31\",\"cluster_name\":\"up\","
                + "\"upstream_url\":\"127.0.0.1:1\",\"action\":\"UNEJECT\",\"num_ejections\":1,"
                + "\"enforced\":false}");
  }
}
