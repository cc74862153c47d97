package io.heddle.proxy.filters.admissioncontrol;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.config.RuntimeNumber;
import io.heddle.proxy.filters.config.SetFields;
import java.util.Set;

/**
 * When requests are refused ({@code admission_control.v3.AdmissionControl}).
 *
 * @param aggression how steeply refusals rise; counts as 1 below 1
 * @param threshold percent of successes below which requests are refused
 * @param leastPerSecond requests a second below which none is refused
 * @param mostRefused percent of requests that are refused at most
 */
record AdmissionControlConfig(
    RuntimeFlag enabled,
    SuccessCriteria criteria,
    RuntimeNumber aggression,
    RuntimeNumber threshold,
    RuntimeNumber leastPerSecond,
    RuntimeNumber mostRefused,
    SuccessWindow window,
    Stats stats) {
  private static final Set<String> FIELDS =
      Set.of(
          "enabled",
          "success_criteria",
          "sampling_window",
          "aggression",
          "sr_threshold",
          "rps_threshold",
          "max_rejection_probability");
  private static final int WINDOW_SECONDS = 30;
  private static final int MOST_SECONDS = 3_600;

  /** The statistics {@code http.<stat_prefix>.admission_control.*}. */
  record Stats(
      StatsScope.Counter rejected, StatsScope.Counter success, StatsScope.Counter failure) {
    static Stats of(StatsScope scope) {
      StatsScope mine = scope.scope("admission_control");
      return new Stats(
          mine.counter("rq_rejected"), mine.counter("rq_success"), mine.counter("rq_failure"));
    }
  }

  static AdmissionControlConfig of(AdmissionControl message, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(message, "", FIELDS);
    if (!message.hasSuccessCriteria()) {
      throw new FilterConfigException("success_criteria", "not set", "what counts as a success");
    }
    RuntimeNumber threshold =
        message.hasSrThreshold()
            ? RuntimeNumber.of(message.getSrThreshold(), "sr_threshold", context.runtime())
            : RuntimeNumber.fixed(95);
    if (threshold.byDefault() < 1) {
      throw new FilterConfigException(
          "sr_threshold.default_value.value", Double.toString(threshold.byDefault()), "1 to 100");
    }
    return new AdmissionControlConfig(
        message.hasEnabled()
            ? RuntimeFlag.of(message.getEnabled(), "enabled", context.runtime())
            : RuntimeFlag.fixed(true),
        SuccessCriteria.of(message.getSuccessCriteria(), "success_criteria"),
        message.hasAggression()
            ? RuntimeNumber.of(message.getAggression(), "aggression", context.runtime())
            : RuntimeNumber.fixed(1),
        threshold,
        message.hasRpsThreshold()
            ? RuntimeNumber.of(message.getRpsThreshold(), "rps_threshold", context.runtime())
            : RuntimeNumber.fixed(0),
        message.hasMaxRejectionProbability()
            ? RuntimeNumber.of(
                message.getMaxRejectionProbability(),
                "max_rejection_probability",
                context.runtime())
            : RuntimeNumber.fixed(80),
        new SuccessWindow(seconds(message), context.nanoTime()),
        Stats.of(context.stats()));
  }

  /** The window in whole seconds. */
  private static int seconds(AdmissionControl message) throws FilterConfigException {
    if (!message.hasSamplingWindow()) {
      return WINDOW_SECONDS;
    }
    var given = message.getSamplingWindow();
    long seconds = Durations.isValid(given) ? (Durations.toMillis(given) + 500) / 1_000 : 0;
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw new FilterConfigException(
          "sampling_window", Durations.toString(given), "1 s to 3,600 s, in whole seconds");
    }
    return (int) seconds;
  }

  /** How likely a request is refused now, 0 to 1. */
  double refusal(long nowNanos) {
    SuccessWindow.Counts counts = window.counts(nowNanos);
    if (counts.requests() == 0 || counts.perSecond() < leastPerSecond.value()) {
      return 0;
    }
    double share = Math.clamp(threshold.value(), Double.MIN_NORMAL, 100) / 100;
    double over = (counts.requests() - counts.successes() / share) / (counts.requests() + 1);
    if (over <= 0) {
      return 0;
    }
    double steep = Math.max(1, aggression.value());
    return Math.min(
        steep == 1 ? over : Math.pow(over, 1 / steep), Math.max(0, mostRefused.value()) / 100);
  }

  void count(boolean success, long nowNanos) {
    window.count(success, nowNanos);
    (success ? stats.success() : stats.failure()).increment();
  }
}
