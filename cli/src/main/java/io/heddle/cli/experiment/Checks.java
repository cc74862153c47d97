package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Scenario.Check;
import io.heddle.cli.experiment.Scenario.Judgement;
import java.util.Locale;
import java.util.function.Function;

/** What scenarios expect, in common words. */
final class Checks {
  /** What a busy machine of two processors adds to any time, and proves nothing. */
  private static final double NOISE_MILLIS = 15;

  private static final double PERCENT = 100;

  private Checks() {}

  /** At least that share is answered well. */
  static Check success(String load, String when, Function<Phases, Window> window, double least) {
    return observed -> {
      Series.Totals totals = observed.load(load).between(window.apply(observed.phases()));
      return new Judgement(
          "%s, %s: at least %s succeed".formatted(load, when, percent(least)),
          "%s of %d".formatted(percent(totals.success()), totals.due()),
          totals.due() > 0 && totals.success() >= least);
    };
  }

  /** The 99th percentile of what is answered well is at most so many times that of the calm. */
  static Check steadyTime(
      String load, String when, Function<Phases, Window> window, double factor) {
    return observed -> {
      double before = observed.load(load).between(observed.phases().before()).p99();
      Series.Totals during = observed.load(load).between(window.apply(observed.phases()));
      double most = factor * before + NOISE_MILLIS;
      return new Judgement(
          "%s, %s: p99 at most %s times that before (%s), and %s ms"
              .formatted(load, when, number(factor), millis(before), number(NOISE_MILLIS)),
          millis(during.p99()),
          during.ok() > 0 && during.p99() <= most);
    };
  }

  /** Whatever fails does so before its client has gone. */
  static Check failsInTime(String load, Function<Phases, Window> window, double mostShare) {
    return observed -> {
      Series.Totals totals = observed.load(load).between(window.apply(observed.phases()));
      double share = totals.due() == 0 ? 0 : (double) totals.late() / totals.due();
      return new Judgement(
          "%s: at most %s unanswered when their client goes".formatted(load, percent(mostShare)),
          "%s of %d".formatted(percent(share), totals.due()),
          totals.due() > 0 && share <= mostShare);
    };
  }

  /** No more than that are before an instance. */
  static Check bounded(String instance, Function<Phases, Window> window, int most) {
    return observed -> {
      int busy = observed.mostBusy(instance, window.apply(observed.phases()));
      return new Judgement(
          "%s: at most %d requests at once".formatted(instance, most),
          String.valueOf(busy),
          busy <= most);
    };
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", share * PERCENT);
  }

  static String millis(double millis) {
    return String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
  }

  static String number(double number) {
    return number == Math.rint(number)
        ? String.valueOf((long) number)
        : String.format(Locale.ROOT, "%.1f", number);
  }
}
