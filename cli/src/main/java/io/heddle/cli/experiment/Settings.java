package io.heddle.cli.experiment;

import java.time.Duration;
import java.util.Set;

/**
 * How an experiment is run.
 *
 * @param seconds that the fault lasts, 1 to 300
 * @param rate requests a second before it, 10 to 500
 * @param fault what is planted where a scenario leaves a choice; empty: its own
 * @param seed of the times and the chances
 */
public record Settings(int seconds, int rate, String fault, long seed) {
  /** What {@code fault} may be. */
  public static final Set<String> FAULTS = Set.of("slow", "errors", "reset", "silent");

  private static final int MOST_SECONDS = 300;
  private static final int LEAST_RATE = 10;
  private static final int MOST_RATE = 500;

  public Settings {
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw new IllegalArgumentException("--seconds: " + seconds + " (expected: 1 to 300)");
    }
    if (rate < LEAST_RATE || rate > MOST_RATE) {
      throw new IllegalArgumentException("--rate: " + rate + " (expected: 10 to 500)");
    }
    if (!fault.isEmpty() && !FAULTS.contains(fault)) {
      throw new IllegalArgumentException(
          "--fault: " + fault + " (expected: slow, errors, reset or silent)");
    }
  }

  Phases phases() {
    Duration before = Duration.ofMillis(Math.clamp(seconds * 1_000L / 3, 1_500, 10_000));
    Duration after = Duration.ofMillis(Math.clamp(seconds * 1_000L / 2, 1_500, 10_000));
    return new Phases(before, Duration.ofSeconds(seconds), after);
  }
}
