package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.HealthConfig;
import io.heddle.xds.model.OutlierDetection;
import java.util.Optional;

/** Reads what makes endpoints of a cluster unhealthy. */
final class HealthReader {
  private final Findings findings;

  HealthReader(Findings findings) {
    this.findings = findings;
  }

  /** {@code provided} says that the cluster makes its hosts itself, when they are asked for. */
  HealthConfig read(Cluster cluster, boolean provided, Path path) {
    Optional<OutlierDetection> outliers = Optional.empty();
    if (cluster.hasOutlierDetection()) {
      Path here = path.field("outlier_detection");
      listed(provided, here);
      outliers = Optional.of(new OutlierReader(findings, here).read(cluster.getOutlierDetection()));
    }
    Optional<HealthCheck> check = Optional.empty();
    if (cluster.getHealthChecksCount() > 0) {
      Path here = path.at("health_checks", 0);
      listed(provided, here);
      check = Optional.of(new HealthCheckReader(findings, here).read(cluster.getHealthChecks(0)));
    }
    if (cluster.getHealthChecksCount() > 1) {
      findings.error(path.at("health_checks", 1), "a second check", "one, as in Envoy");
    }
    HealthConfig read =
        new HealthConfig(
            outliers,
            check,
            cluster.getIgnoreHealthOnHostRemoval(),
            cluster.getCommonLbConfig().getIgnoreNewHostsUntilFirstHc());
    return read.equals(HealthConfig.NONE) ? HealthConfig.NONE : read;
  }

  private void listed(boolean provided, Path path) {
    if (provided) {
      findings.error(path, "with this type of cluster", "STATIC, STRICT_DNS, LOGICAL_DNS or EDS");
    }
  }
}
