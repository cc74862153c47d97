package io.heddle.control.core.rollout;

/**
 * How the requests of staged proxies end, beside what would be expected of them.
 *
 * @param requests that ended since the stage began
 * @param errorRatio of them, 0 to 1
 * @param expectedErrorRatio what it would be if they fared as those of the others
 * @param timed those of them whose time can be compared
 * @param millis their mean time
 * @param expectedMillis what it would be
 */
public record Figures(
    long requests,
    double errorRatio,
    double expectedErrorRatio,
    long timed,
    double millis,
    double expectedMillis) {
  /** No request. */
  public static final Figures NONE = new Figures(0, 0, 0, 0, 0, 0);
}
