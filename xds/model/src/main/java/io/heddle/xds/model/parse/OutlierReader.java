package io.heddle.xds.model.parse;

import com.google.protobuf.UInt32Value;
import io.heddle.xds.model.OutlierDetection;
import io.heddle.xds.model.OutlierDetection.Consecutive;
import io.heddle.xds.model.OutlierDetection.Ejection;
import io.heddle.xds.model.OutlierDetection.FailurePercentage;
import io.heddle.xds.model.OutlierDetection.SuccessRate;
import java.time.Duration;

/** Reads {@code outlier_detection}, with Envoy's defaults. */
final class OutlierReader {
  private final Findings findings;
  private final Path path;

  OutlierReader(Findings findings, Path path) {
    this.findings = findings;
    this.path = path;
  }

  OutlierDetection read(io.envoyproxy.envoy.config.cluster.v3.OutlierDetection from) {
    OutlierDetection absent = OutlierDetection.DEFAULT;
    return new OutlierDetection(
        findings.positive(
            from.hasInterval(), from.getInterval(), absent.interval(), path.field("interval")),
        ejection(from),
        consecutive(
            from.hasConsecutive5Xx(),
            from.getConsecutive5Xx(),
            from.hasEnforcingConsecutive5Xx(),
            from.getEnforcingConsecutive5Xx(),
            "consecutive_5xx",
            absent.consecutive5xx()),
        consecutive(
            from.hasConsecutiveGatewayFailure(),
            from.getConsecutiveGatewayFailure(),
            from.hasEnforcingConsecutiveGatewayFailure(),
            from.getEnforcingConsecutiveGatewayFailure(),
            "consecutive_gateway_failure",
            absent.consecutiveGateway()),
        consecutive(
            from.hasConsecutiveLocalOriginFailure(),
            from.getConsecutiveLocalOriginFailure(),
            from.hasEnforcingConsecutiveLocalOriginFailure(),
            from.getEnforcingConsecutiveLocalOriginFailure(),
            "consecutive_local_origin_failure",
            absent.consecutiveLocal()),
        from.getSplitExternalLocalOriginErrors(),
        successRate(from),
        failurePercentage(from),
        !from.hasSuccessfulActiveHealthCheckUnejectHost()
            || from.getSuccessfulActiveHealthCheckUnejectHost().getValue());
  }

  private Ejection ejection(io.envoyproxy.envoy.config.cluster.v3.OutlierDetection from) {
    Ejection absent = Ejection.DEFAULT;
    Duration base =
        findings.positive(
            from.hasBaseEjectionTime(),
            from.getBaseEjectionTime(),
            absent.base(),
            path.field("base_ejection_time"));
    Duration longest = base.compareTo(absent.longest()) > 0 ? base : absent.longest();
    Path here = path.field("max_ejection_time");
    longest =
        findings.positive(from.hasMaxEjectionTime(), from.getMaxEjectionTime(), longest, here);
    if (longest.compareTo(base) < 0) {
      findings.error(here, text(longest), "at least base_ejection_time, " + text(base));
    }
    return new Ejection(
        base,
        longest,
        findings.duration(
            from.hasMaxEjectionTimeJitter(),
            from.getMaxEjectionTimeJitter(),
            absent.jitter(),
            path.field("max_ejection_time_jitter")),
        percent(
            from.hasMaxEjectionPercent(),
            from.getMaxEjectionPercent(),
            "max_ejection_percent",
            absent.mostPercent()),
        from.getAlwaysEjectOneHost().getValue());
  }

  private SuccessRate successRate(io.envoyproxy.envoy.config.cluster.v3.OutlierDetection from) {
    SuccessRate absent = SuccessRate.DEFAULT;
    return new SuccessRate(
        number(
            from.hasSuccessRateMinimumHosts(),
            from.getSuccessRateMinimumHosts(),
            absent.leastHosts()),
        number(
            from.hasSuccessRateRequestVolume(),
            from.getSuccessRateRequestVolume(),
            absent.leastRequests()),
        number(
            from.hasSuccessRateStdevFactor(),
            from.getSuccessRateStdevFactor(),
            absent.deviations()),
        percent(
            from.hasEnforcingSuccessRate(),
            from.getEnforcingSuccessRate(),
            "enforcing_success_rate",
            absent.enforcing()),
        percent(
            from.hasEnforcingLocalOriginSuccessRate(),
            from.getEnforcingLocalOriginSuccessRate(),
            "enforcing_local_origin_success_rate",
            absent.enforcingLocal()));
  }

  private FailurePercentage failurePercentage(
      io.envoyproxy.envoy.config.cluster.v3.OutlierDetection from) {
    FailurePercentage absent = FailurePercentage.DEFAULT;
    return new FailurePercentage(
        percent(
            from.hasFailurePercentageThreshold(),
            from.getFailurePercentageThreshold(),
            "failure_percentage_threshold",
            absent.threshold()),
        number(
            from.hasFailurePercentageMinimumHosts(),
            from.getFailurePercentageMinimumHosts(),
            absent.leastHosts()),
        number(
            from.hasFailurePercentageRequestVolume(),
            from.getFailurePercentageRequestVolume(),
            absent.leastRequests()),
        percent(
            from.hasEnforcingFailurePercentage(),
            from.getEnforcingFailurePercentage(),
            "enforcing_failure_percentage",
            absent.enforcing()),
        percent(
            from.hasEnforcingFailurePercentageLocalOrigin(),
            from.getEnforcingFailurePercentageLocalOrigin(),
            "enforcing_failure_percentage_local_origin",
            absent.enforcingLocal()));
  }

  private Consecutive consecutive(
      boolean set,
      UInt32Value count,
      boolean enforcingSet,
      UInt32Value enforcing,
      String field,
      Consecutive absent) {
    return new Consecutive(
        number(set, count, absent.count()),
        percent(enforcingSet, enforcing, "enforcing_" + field, absent.enforcing()));
  }

  private static long number(boolean set, UInt32Value value, long absent) {
    return set ? Integer.toUnsignedLong(value.getValue()) : absent;
  }

  private int percent(boolean set, UInt32Value value, String field, int absent) {
    return findings.bounded(set, value.getValue(), absent, 0, 100, path.field(field));
  }

  private static String text(Duration time) {
    return time.toMillis() + "ms";
  }
}
