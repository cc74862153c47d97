package io.heddle.control.core.rollout;

import java.time.Duration;
import java.util.List;

/**
 * How a rollout goes.
 *
 * @param stages at least one, the last for all proxies
 * @param soak how long a stage lasts after all of its proxies have accepted, at most 7 days
 * @param patience how long its proxies have for that, 1 s to a day
 * @param limits what counts as harm
 */
public record RolloutPlan(
    List<Stage> stages, Duration soak, Duration patience, OnFailure onFailure, Limits limits) {
  /** What becomes of a rollout that does harm. */
  public enum OnFailure {
    /** Every proxy goes back to the old configuration. */
    ROLLBACK,
    /** The proxies stay where they are until somebody decides. */
    HOLD
  }

  /**
   * What counts as harm in the requests of the staged proxies, against those of the rest.
   *
   * @param errors by how many hundredths of a percent of all requests more may fail, 0 to 10,000
   * @param latency by how many percent the mean time may be longer, 0 to 10,000
   * @param requests so many are needed before anything is said, at least 1
   */
  public record Limits(int errors, int latency, int requests) {
    /** One percentage point of errors, half as long again, from 50 requests on. */
    public static final Limits USUAL = new Limits(100, 50, 50);

    public Limits {
      within("errors", errors, 0, 10_000);
      within("latency", latency, 0, 10_000);
      within("requests", requests, 1, 1_000_000_000);
    }
  }

  public RolloutPlan {
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("stages: none (expected: at least one)");
    }
    within("soak", soak, Duration.ZERO, Duration.ofDays(7));
    within("patience", patience, Duration.ofSeconds(1), Duration.ofDays(1));
  }

  private static <T extends Comparable<T>> void within(String what, T value, T least, T most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          what + ": " + value + " (expected: " + least + " to " + most + ")");
    }
  }
}
