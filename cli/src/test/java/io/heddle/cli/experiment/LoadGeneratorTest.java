package io.heddle.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.cli.experiment.Load.Door;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
  private static final Duration LENGTH = Duration.ofSeconds(10);
  private static final int PER_SECOND = 20;

  private final ManualPace pace = new ManualPace();
  private final Series series = new Series(Duration.ofSeconds(1), LENGTH);
  private final Load load =
      new Load(
          "x", Door.GATEWAY, "h", "/", Map.of(), Rate.steady(PER_SECOND), Duration.ofSeconds(2));

  private Series.Totals all() {
    return series.between(new Window(Duration.ZERO, LENGTH));
  }

  @Test
  void sendsWhenItIsDueHoweverSlowlyEarlierOnesAreAnswered() throws Exception {
    List<Runnable> waiting = new ArrayList<>();
    LoadGenerator generator =
        new LoadGenerator(pace, (_, _) -> Outcome.OK, waiting::add, Integer.MAX_VALUE);
    generator.run(Map.of(load, series), pace.now(), LENGTH, 1);
    // Nobody was answered, and all were sent.
    assertThat(waiting.size()).isBetween(150, 250).isEqualTo(all().due());
    assertThat(all().ok()).isZero();
    assertThat(generator.underWay()).isEqualTo(waiting.size());
  }

  @Test
  void countsTheTimeFromWhenItWasDue() throws Exception {
    List<Runnable> waiting = new ArrayList<>();
    Duration[] left = new Duration[1];
    LoadGenerator generator =
        new LoadGenerator(
            pace,
            (_, time) -> {
              left[0] = time;
              pace.pass(Duration.ofMillis(100));
              return Outcome.OK;
            },
            waiting::add,
            1);
    generator.run(Map.of(load, series), pace.now(), LENGTH, 1);
    // The only one that was let in ran at the very end: nothing was left of its deadline.
    waiting.getFirst().run();
    assertThat(left[0]).isNull();
    assertThat(series.count(Outcome.LATE)).isEqualTo(1);
    assertThat(series.count(Outcome.UNSENT)).isEqualTo(all().due() - 1);
  }

  @Test
  void sendsNothingBeyondItsBound() throws Exception {
    List<Runnable> waiting = new ArrayList<>();
    LoadGenerator generator = new LoadGenerator(pace, (_, _) -> Outcome.OK, waiting::add, 5);
    generator.run(Map.of(load, series), pace.now(), LENGTH, 1);
    assertThat(waiting).hasSize(5);
    assertThat(all().failed()).isEqualTo(all().due());
    assertThat(series.count(Outcome.UNSENT)).isEqualTo(all().due() - 5);
  }

  @Test
  void makesTheSameTimesOfTheSameSeed() throws Exception {
    List<Integer> counts = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      Series own = new Series(Duration.ofMillis(500), LENGTH);
      new LoadGenerator(pace, (_, _) -> Outcome.OK, Runnable::run, 5)
          .run(Map.of(load, own), pace.now(), LENGTH, 7);
      own.points().forEach(point -> counts.add(point.totals().ok()));
    }
    assertThat(counts.subList(0, 20)).isEqualTo(counts.subList(20, 40));
  }
}
