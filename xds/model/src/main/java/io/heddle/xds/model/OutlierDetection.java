package io.heddle.xds.model;

import java.time.Duration;

/**
 * When an endpoint is taken out for a time because of what it answers ({@code
 * envoy.config.cluster.v3.OutlierDetection}).
 *
 * @param interval between two looks at the counts; 10 s by default
 * @param ejection how long, and how many at once
 * @param consecutive5xx answers of 5xx in a row; 5 by default
 * @param consecutiveGateway answers of 502, 503 and 504 in a row; 5, never enforced, by default
 * @param consecutiveLocal failures to get an answer in a row, where they are split; 5 by default
 * @param split whether failures to get an answer are counted apart from answers
 * @param successRate comparison with the others
 * @param failurePercentage an absolute bound
 * @param checkReturns whether an active health check that succeeds brings an endpoint back; true by
 *     default
 */
public record OutlierDetection(
    Duration interval,
    Ejection ejection,
    Consecutive consecutive5xx,
    Consecutive consecutiveGateway,
    Consecutive consecutiveLocal,
    boolean split,
    SuccessRate successRate,
    FailurePercentage failurePercentage,
    boolean checkReturns) {

  /** Envoy's defaults. */
  public static final OutlierDetection DEFAULT =
      new OutlierDetection(
          Duration.ofSeconds(10),
          Ejection.DEFAULT,
          new Consecutive(5, 100),
          new Consecutive(5, 0),
          new Consecutive(5, 100),
          false,
          SuccessRate.DEFAULT,
          FailurePercentage.DEFAULT,
          true);

  /**
   * For how long an endpoint is out.
   *
   * @param base times the number of times that it was
   * @param longest never longer than this, without jitter
   * @param jitter at most so much is added
   * @param mostPercent of the endpoints that may be out at once
   * @param alwaysOne whether one may be out whatever {@code mostPercent} says
   */
  public record Ejection(
      Duration base, Duration longest, Duration jitter, int mostPercent, boolean alwaysOne) {
    /** Envoy's defaults. */
    public static final Ejection DEFAULT =
        new Ejection(Duration.ofSeconds(30), Duration.ofSeconds(300), Duration.ZERO, 10, false);
  }

  /**
   * So many in a row.
   *
   * @param enforcing percent of the cases in which the endpoint is really taken out
   */
  public record Consecutive(long count, int enforcing) {}

  /**
   * Endpoints whose rate of success is far below that of the others.
   *
   * @param leastHosts with enough requests; fewer are not compared
   * @param leastRequests of an endpoint in an interval
   * @param deviations how many standard deviations below the mean, in thousandths
   */
  public record SuccessRate(
      long leastHosts, long leastRequests, long deviations, int enforcing, int enforcingLocal) {
    /** Envoy's defaults. */
    public static final SuccessRate DEFAULT = new SuccessRate(5, 100, 1900, 100, 100);
  }

  /**
   * Endpoints of whose requests so many percent fail.
   *
   * @param threshold from here on, 0 to 100
   * @param leastHosts with enough requests; fewer are not looked at
   * @param leastRequests of an endpoint in an interval
   */
  public record FailurePercentage(
      int threshold, long leastHosts, long leastRequests, int enforcing, int enforcingLocal) {
    /** Envoy's defaults. */
    public static final FailurePercentage DEFAULT = new FailurePercentage(85, 5, 50, 0, 0);
  }
}
