package io.heddle.proxy.filters.adaptiveconcurrency;

import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.type.v3.Percent;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.config.SetFields;
import java.util.Set;

/**
 * How a limit is found, and what those beyond it are told ({@code
 * adaptive_concurrency.v3.AdaptiveConcurrency}).
 */
record AdaptiveConcurrencyConfig(RuntimeFlag enabled, GradientController controller, int status) {
  private static final String GRADIENT = "gradient_controller_config";
  private static final String LIMIT = GRADIENT + ".concurrency_limit_params";
  private static final String MIN_RTT = GRADIENT + ".min_rtt_calc_params";
  private static final long MOST = 1 << 30;

  static AdaptiveConcurrencyConfig of(AdaptiveConcurrency message, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(message, "", Set.of(GRADIENT, "enabled", "concurrency_limit_exceeded_status"));
    if (!message.hasGradientControllerConfig()) {
      throw new FilterConfigException(GRADIENT, "not set", "a controller");
    }
    int status = message.getConcurrencyLimitExceededStatus().getCodeValue();
    if (status > 599) {
      throw new FilterConfigException(
          "concurrency_limit_exceeded_status.code", Integer.toString(status), "at most 599");
    }
    return new AdaptiveConcurrencyConfig(
        message.hasEnabled()
            ? RuntimeFlag.of(message.getEnabled(), "enabled", context.runtime())
            : RuntimeFlag.fixed(true),
        new GradientController(
            settings(message.getGradientControllerConfig()),
            GradientController.Stats.of(context.stats()),
            context.nanoTime()),
        status < 400 ? 503 : status);
  }

  private static GradientController.Settings settings(GradientControllerConfig message)
      throws FilterConfigException {
    SetFields.allow(
        message,
        GRADIENT,
        Set.of("sample_aggregate_percentile", "concurrency_limit_params", "min_rtt_calc_params"));
    if (!message.hasConcurrencyLimitParams()) {
      throw new FilterConfigException(LIMIT, "not set", "a message");
    }
    if (!message.hasMinRttCalcParams()) {
      throw new FilterConfigException(MIN_RTT, "not set", "a message");
    }
    var limit = message.getConcurrencyLimitParams();
    var minRtt = message.getMinRttCalcParams();
    SetFields.allow(limit, LIMIT, Set.of("max_concurrency_limit", "concurrency_update_interval"));
    SetFields.allow(
        minRtt,
        MIN_RTT,
        Set.of("interval", "fixed_value", "request_count", "jitter", "min_concurrency", "buffer"));
    if (minRtt.hasInterval() == minRtt.hasFixedValue()) {
      throw new FilterConfigException(
          MIN_RTT,
          minRtt.hasInterval() ? "interval and fixed_value" : "neither interval nor fixed_value",
          "one of them");
    }
    int most =
        number(
            limit.hasMaxConcurrencyLimit(),
            limit.getMaxConcurrencyLimit(),
            1_000,
            SetFields.at(LIMIT, "max_concurrency_limit"));
    int least =
        number(
            minRtt.hasMinConcurrency(),
            minRtt.getMinConcurrency(),
            3,
            SetFields.at(MIN_RTT, "min_concurrency"));
    if (least > most) {
      throw new FilterConfigException(
          SetFields.at(MIN_RTT, "min_concurrency"),
          Integer.toString(least),
          "at most max_concurrency_limit, which is " + most);
    }
    return new GradientController.Settings(
        percent(
            message.hasSampleAggregatePercentile(),
            message.getSampleAggregatePercentile(),
            50,
            SetFields.at(GRADIENT, "sample_aggregate_percentile")),
        most,
        nanos(
            limit.getConcurrencyUpdateInterval(),
            SetFields.at(LIMIT, "concurrency_update_interval")),
        minRtt.hasInterval() ? nanos(minRtt.getInterval(), SetFields.at(MIN_RTT, "interval")) : 0,
        minRtt.hasFixedValue()
            ? nanos(minRtt.getFixedValue(), SetFields.at(MIN_RTT, "fixed_value")) / 1e3
            : 0,
        number(
            minRtt.hasRequestCount(),
            minRtt.getRequestCount(),
            50,
            SetFields.at(MIN_RTT, "request_count")),
        percent(minRtt.hasJitter(), minRtt.getJitter(), 15, SetFields.at(MIN_RTT, "jitter")),
        least,
        percent(minRtt.hasBuffer(), minRtt.getBuffer(), 25, SetFields.at(MIN_RTT, "buffer")));
  }

  private static int number(boolean set, UInt32Value value, int absent, String path)
      throws FilterConfigException {
    if (!set) {
      return absent;
    }
    long number = Integer.toUnsignedLong(value.getValue());
    if (number < 1 || number > MOST) {
      throw new FilterConfigException(path, Long.toString(number), "1 to " + MOST);
    }
    return (int) number;
  }

  private static long nanos(Duration time, String path) throws FilterConfigException {
    if (!Durations.isValid(time)
        || Durations.toMillis(time) < 1
        || time.getSeconds() > 365L * 24 * 3_600) {
      throw new FilterConfigException(
          path, time.getSeconds() + " s " + time.getNanos() + " ns", "1 ms to a year");
    }
    return Durations.toNanos(time);
  }

  private static double percent(boolean set, Percent value, double absent, String path)
      throws FilterConfigException {
    double percent = set ? value.getValue() : absent;
    if (!(percent >= 0 && percent <= 100)) {
      throw new FilterConfigException(
          SetFields.at(path, "value"), Double.toString(percent), "0 to 100");
    }
    return percent / 100;
  }
}
