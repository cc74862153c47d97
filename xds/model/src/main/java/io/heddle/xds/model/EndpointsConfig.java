package io.heddle.xds.model;

import java.util.List;
import java.util.Map;

/**
 * The endpoints of a cluster ({@code envoy.config.endpoint.v3.ClusterLoadAssignment}).
 *
 * @param localities in configured order; priorities are 0 (the highest) to 128 and may have gaps
 * @param overprovisioningFactor in percent; 140 by default
 */
public record EndpointsConfig(
    String clusterName, List<LocalityEndpoints> localities, int overprovisioningFactor) {

  public EndpointsConfig {
    localities = List.copyOf(localities);
  }

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
   */
  public record Endpoint(
      SocketEndpoint address,
      String hostname,
      Health health,
      long weight,
      Map<String, StructValue.Fields> metadata) {
    public Endpoint {
      metadata = Map.copyOf(metadata);
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
