package io.heddle.control.core.rollout;

import io.heddle.xds.server.LoadReports.Outcomes;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compares how the requests of staged proxies end with what would be expected of them: the ratio
 * and the mean time that the other proxies have with the same clusters at the same time; where
 * those call a cluster too little, what all had with it before the rollout; and no errors where it
 * was never called. So a stage whose proxies call what fails more often anyway is not to blame.
 */
final class Judge {
  /** With fewer requests the others say nothing of a cluster. */
  private static final long ENOUGH = 20;

  private static final double LEAST_MILLIS = 5;

  /** How many standard deviations more errors must have come: what chance brings is no harm. */
  private static final double DEVIATIONS = 3;

  private Judge() {}

  /**
   * How requests ended since some moment, by cluster.
   *
   * @param theirs of the staged proxies
   * @param others of all others
   */
  record Sums(Map<String, Outcomes> theirs, Map<String, Outcomes> others) {}

  /**
   * @param before what each proxy had reported of each cluster at that moment
   * @param now what it has reported by now
   * @param staged the staged proxies
   */
  static Sums since(
      Map<String, Map<String, Outcomes>> before,
      Map<String, Map<String, Outcomes>> now,
      Set<String> staged) {
    Map<String, Outcomes> theirs = new HashMap<>();
    Map<String, Outcomes> others = new HashMap<>();
    now.forEach((proxy, clusters) ->
        clusters.forEach((cluster, sum) ->
            (staged.contains(proxy) ? theirs : others)
                .merge(
                    cluster,
                    since(
                        before.getOrDefault(proxy, Map.of()).getOrDefault(cluster, Outcomes.NONE),
                        sum),
                    Outcomes::plus)));
    return new Sums(theirs, others);
  }

  /**
   * @param theirs how the requests of staged proxies ended since the stage began, by cluster
   * @param others and those of all others
   * @param past how requests ended before the rollout, by cluster
   */
  static Figures compare(
      Map<String, Outcomes> theirs, Map<String, Outcomes> others, Map<String, Outcomes> past) {
    Outcomes all = Outcomes.NONE;
    double errors = 0;
    double millis = 0;
    long comparable = 0;
    double measured = 0;
    for (Map.Entry<String, Outcomes> entry : theirs.entrySet()) {
      Outcomes own = entry.getValue();
      all = all.plus(own);
      Outcomes rest = others.getOrDefault(entry.getKey(), Outcomes.NONE);
      Outcomes usual = past.getOrDefault(entry.getKey(), Outcomes.NONE);
      Outcomes model = total(rest) >= ENOUGH ? rest : usual;
      if (total(model) > 0) {
        errors += total(own) * ((double) model.failed() / total(model));
      }
      Outcomes clock = rest.timed() >= ENOUGH ? rest : usual;
      if (clock.timed() > 0 && own.timed() > 0) {
        comparable += own.timed();
        measured += own.millis();
        millis += own.timed() * (clock.millis() / clock.timed());
      }
    }
    long requests = total(all);
    return requests == 0
        ? Figures.NONE
        : new Figures(
            requests,
            (double) all.failed() / requests,
            errors / requests,
            comparable,
            comparable == 0 ? 0 : measured / comparable,
            comparable == 0 ? 0 : millis / comparable);
  }

  /** That more fail than may, and more than by chance, in words. */
  static Optional<String> errors(Figures figures, RolloutPlan.Limits limits) {
    double failed = figures.errorRatio() * figures.requests();
    double expected = figures.expectedErrorRatio() * figures.requests();
    double chance = DEVIATIONS * Math.sqrt(Math.max(1, expected));
    if (figures.requests() >= limits.requests()
        && figures.errorRatio() - figures.expectedErrorRatio() > limits.errors() / 10_000.0
        && failed - expected > chance) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "%.2f%% of %d requests of the staged proxies failed (expected: at most %.2f%%, as"
                  + " %.2f%% fail elsewhere)",
              100 * figures.errorRatio(),
              figures.requests(),
              100 * figures.expectedErrorRatio() + limits.errors() / 100.0,
              100 * figures.expectedErrorRatio()));
    }
    return Optional.empty();
  }

  /**
   * That they take longer than they may, in words. Nobody says how times are spread, so that a mean
   * of few may be long by chance: whoever asks should see it twice.
   */
  static Optional<String> latency(Figures figures, RolloutPlan.Limits limits) {
    double longest =
        Math.max(
            figures.expectedMillis() * (1 + limits.latency() / 100.0),
            figures.expectedMillis() + LEAST_MILLIS);
    if (figures.timed() >= limits.requests() && figures.millis() > longest) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "%d requests of the staged proxies took %.1f ms on average (expected: at most %.1f"
                  + " ms, as they take %.1f ms elsewhere)",
              figures.timed(),
              figures.millis(),
              longest,
              figures.expectedMillis()));
    }
    return Optional.empty();
  }

  static long total(Outcomes outcomes) {
    return outcomes.succeeded() + outcomes.failed();
  }

  /** A sum that has shrunk is one that began anew. */
  private static Outcomes since(Outcomes before, Outcomes now) {
    boolean anew =
        now.succeeded() < before.succeeded()
            || now.failed() < before.failed()
            || now.timed() < before.timed();
    return anew
        ? now
        : new Outcomes(
            now.succeeded() - before.succeeded(),
            now.failed() - before.failed(),
            now.timed() - before.timed(),
            Math.max(0, now.millis() - before.millis()));
  }
}
