package io.heddle.xds.model.parse;

import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.Limits;
import io.heddle.xds.model.ClusterConfig.RetryBudget;
import io.heddle.xds.model.ClusterConfig.Thresholds;
import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Reads the breakers of a cluster: {@code circuit_breakers}, and what Envoy has no field for, under
 * {@value #OWN} of its metadata, where an Envoy passes it over: {@code default} and {@code high},
 * each with {@code max_pending_time}.
 */
final class BreakersReader {
  /** A namespace of a cluster's metadata. */
  static final String OWN = "heddle.circuit_breakers";

  private static final double BUDGET_PERCENT = 20;

  private final Findings findings;

  BreakersReader(Findings findings) {
    this.findings = findings;
  }

  ClusterConfig.CircuitBreakers read(Cluster cluster, Path path) {
    Path here = path.field("circuit_breakers");
    CircuitBreakers breakers = cluster.getCircuitBreakers();
    OwnFields own = own(cluster, path);
    return new ClusterConfig.CircuitBreakers(
        at(RoutingPriority.DEFAULT, breakers, pendingTime(own, "default"), here),
        at(RoutingPriority.HIGH, breakers, pendingTime(own, "high"), here));
  }

  private OwnFields own(Cluster cluster, Path path) {
    Struct struct =
        cluster.hasMetadata()
            ? findings.map("filter_metadata", cluster.getMetadata()::getFilterMetadataMap).get(OWN)
            : null;
    return new OwnFields(
        struct == null ? StructValue.EMPTY : StructValue.of(struct),
        path.field("metadata").key("filter_metadata", OWN),
        findings);
  }

  private static Duration pendingTime(OwnFields own, String priority) {
    OwnFields of = own.message(priority);
    Duration time = of.time("max_pending_time", Duration.ZERO);
    of.end();
    if (priority.equals("high")) {
      own.end();
    }
    return time;
  }

  private Thresholds at(
      RoutingPriority priority, CircuitBreakers breakers, Duration pendingTime, Path path) {
    int found = only(priority, breakers.getThresholdsList(), path, "thresholds");
    int perHost = only(priority, breakers.getPerHostThresholdsList(), path, "per_host_thresholds");
    CircuitBreakers.Thresholds ofHost =
        perHost < 0
            ? CircuitBreakers.Thresholds.getDefaultInstance()
            : hostsOnly(
                breakers.getPerHostThresholds(perHost), path.at("per_host_thresholds", perHost));
    CircuitBreakers.Thresholds thresholds =
        found < 0 ? CircuitBreakers.Thresholds.getDefaultInstance() : breakers.getThresholds(found);
    Thresholds absent = Thresholds.DEFAULT;
    return new Thresholds(
        number(
            thresholds.hasMaxConnections(),
            thresholds.getMaxConnections(),
            absent.maxConnections()),
        number(
            thresholds.hasMaxPendingRequests(),
            thresholds.getMaxPendingRequests(),
            absent.maxPendingRequests()),
        number(thresholds.hasMaxRequests(), thresholds.getMaxRequests(), absent.maxRequests()),
        number(thresholds.hasMaxRetries(), thresholds.getMaxRetries(), absent.maxRetries()),
        thresholds.hasRetryBudget()
            ? Optional.of(
                budget(
                    thresholds.getRetryBudget(),
                    path.at("thresholds", found).field("retry_budget")))
            : Optional.empty(),
        new Limits(
            number(
                thresholds.hasMaxConnectionPools(),
                thresholds.getMaxConnectionPools(),
                Long.MAX_VALUE),
            number(ofHost.hasMaxConnections(), ofHost.getMaxConnections(), Long.MAX_VALUE),
            thresholds.getTrackRemaining(),
            pendingTime));
  }

  /** The place of the entry for a priority, below zero where there is none. */
  private int only(
      RoutingPriority priority, List<CircuitBreakers.Thresholds> all, Path path, String field) {
    int found = -1;
    for (int i = 0; i < all.size(); i++) {
      Path here = path.at(field, i).field("priority");
      if (all.get(i).getPriority() == RoutingPriority.UNRECOGNIZED) {
        if (priority == RoutingPriority.DEFAULT) {
          findings.error(here, Integer.toString(all.get(i).getPriorityValue()), "DEFAULT or HIGH");
        }
      } else if (all.get(i).getPriority() == priority) {
        if (found >= 0) {
          findings.error(here, priority.name(), "each priority once");
        } else {
          found = i;
        }
      }
    }
    return found;
  }

  /** As in Envoy, connections are all that is counted by host. */
  private CircuitBreakers.Thresholds hostsOnly(CircuitBreakers.Thresholds of, Path path) {
    refuse(of.hasMaxPendingRequests(), path, "max_pending_requests");
    refuse(of.hasMaxRequests(), path, "max_requests");
    refuse(of.hasMaxRetries(), path, "max_retries");
    refuse(of.hasRetryBudget(), path, "retry_budget");
    refuse(of.getTrackRemaining(), path, "track_remaining");
    refuse(of.hasMaxConnectionPools(), path, "max_connection_pools");
    return of;
  }

  private void refuse(boolean set, Path path, String field) {
    if (set) {
      findings.error(path.field(field), "set", "max_connections alone");
    }
  }

  private static long number(boolean set, UInt32Value value, long absent) {
    return set ? Integer.toUnsignedLong(value.getValue()) : absent;
  }

  private RetryBudget budget(CircuitBreakers.Thresholds.RetryBudget budget, Path path) {
    double percent =
        budget.hasBudgetPercent() ? budget.getBudgetPercent().getValue() : BUDGET_PERCENT;
    if (!(percent >= 0 && percent <= 100)) {
      findings.error(
          path.field("budget_percent").field("value"), Double.toString(percent), "0 to 100");
      percent = BUDGET_PERCENT;
    }
    return new RetryBudget(
        percent,
        budget.hasMinRetryConcurrency()
            ? Integer.toUnsignedLong(budget.getMinRetryConcurrency().getValue())
            : Thresholds.DEFAULT.maxRetries());
  }
}
