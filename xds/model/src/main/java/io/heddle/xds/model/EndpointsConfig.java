package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The endpoints of a cluster ({@code envoy.config.endpoint.v3.ClusterLoadAssignment}).
 *
 * @param localities in configured order; priorities are 0 (the highest) to 128 and may have gaps
 */
public record EndpointsConfig(
    String clusterName, List<LocalityEndpoints> localities, Policy policy) {

  public EndpointsConfig {
    localities = List.copyOf(localities);
  }

  /** With Envoy's default policy. */
  public EndpointsConfig(String clusterName, List<LocalityEndpoints> localities) {
    this(clusterName, localities, Policy.DEFAULT);
  }

  /** With this overprovisioning factor in percent, and otherwise the default policy. */
  public EndpointsConfig(
      String clusterName, List<LocalityEndpoints> localities, int overprovisioningFactor) {
    this(
        clusterName,
        localities,
        new Policy(overprovisioningFactor, List.of(), Duration.ZERO, false));
  }

  /** In percent; 140 by default. */
  public int overprovisioningFactor() {
    return policy.overprovisioningFactor();
  }

  /** Whether a priority's health is a share of its endpoints' weights, not of their number. */
  public boolean weightedPriorityHealth() {
    return policy.weightedPriorityHealth();
  }

  /** The same with other endpoints. */
  public EndpointsConfig withLocalities(List<LocalityEndpoints> others) {
    return new EndpointsConfig(clusterName, others, policy);
  }

  /**
   * What holds for all endpoints.
   *
   * @param dropOverloads shares of requests that are refused, one after the other
   * @param staleAfter after how long without an update the endpoints are forgotten; zero means
   *     never
   */
  public record Policy(
      int overprovisioningFactor,
      List<DropOverload> dropOverloads,
      Duration staleAfter,
      boolean weightedPriorityHealth) {
    /** Envoy's defaults. */
    public static final Policy DEFAULT = new Policy(140, List.of(), Duration.ZERO, false);

    public Policy {
      dropOverloads = List.copyOf(dropOverloads);
    }

    /** The share of all requests that is refused, in a million. */
    public int dropPerMillion() {
      return dropOverloads.isEmpty() ? 0 : dropOverloads.getFirst().perMillion();
    }
  }

  /** A share of requests that is refused, from 0 to 1,000,000 in a million. */
  public record DropOverload(String category, int perMillion) {}

  /** A locality's endpoints; {@code weight} is zero where none is configured. */
  public record LocalityEndpoints(
      Locality locality, long weight, int priority, List<Endpoint> endpoints) {
    public LocalityEndpoints {
      endpoints = List.copyOf(endpoints);
    }
  }

  /** Where something runs; parts that are not known are empty. */
  public record Locality(String region, String zone, String subZone) {
    /** Nowhere in particular. */
    public static final Locality NONE = new Locality("", "", "");
  }

  /**
   * One endpoint.
   *
   * @param hostname what is sent as host where a route rewrites it automatically; may be empty
   * @param weight at least 1
   * @param metadata by filter name, such as {@code envoy.lb}
   * @param check what it says of its health checks
   */
  public record Endpoint(
      SocketEndpoint address,
      String hostname,
      Health health,
      long weight,
      Map<String, StructValue.Fields> metadata,
      HealthCheck.Target check) {
    public Endpoint {
      metadata = Map.copyOf(metadata);
    }

    /** One that is checked as its cluster says. */
    public Endpoint(
        SocketEndpoint address,
        String hostname,
        Health health,
        long weight,
        Map<String, StructValue.Fields> metadata) {
      this(address, hostname, health, weight, metadata, HealthCheck.Target.DEFAULT);
    }
  }

  /** What the control plane says about an endpoint's health. */
  public enum Health {
    UNKNOWN,
    HEALTHY,
    UNHEALTHY,
    DRAINING,
    TIMEOUT,
    DEGRADED;

    /** Whether requests may be sent there: all but unhealthy, draining and timed out. */
    public boolean usable() {
      return this == UNKNOWN || this == HEALTHY || this == DEGRADED;
    }
  }
}
