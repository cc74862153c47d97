package io.heddle.xds.server;

import java.util.Map;
import java.util.Objects;

/**
 * Who a client says it is: Envoy's {@code Node}, reduced to what scoping and status need.
 *
 * @param id the node's name, empty where the client gave none
 * @param metadata the string values of the node's metadata; other kinds of values are left out
 * @param userAgent name and version, such as {@code envoy/1.36.0}
 */
public record NodeInfo(
    String id, String cluster, Map<String, String> metadata, String userAgent, Locality locality) {

  /** Where a node stands; empty strings where it does not say. */
  public record Locality(String region, String zone, String subZone) {
    /** No place given. */
    public static final Locality UNKNOWN = new Locality("", "", "");

    /** Checks that nothing is missing. */
    public Locality {
      Objects.requireNonNull(region, "region");
      Objects.requireNonNull(zone, "zone");
      Objects.requireNonNull(subZone, "subZone");
    }
  }

  /** Checks that nothing is missing and copies the metadata. */
  public NodeInfo {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(cluster, "cluster");
    Objects.requireNonNull(userAgent, "userAgent");
    Objects.requireNonNull(locality, "locality");
    metadata = Map.copyOf(metadata);
  }

  /** A node that does not say where it stands. */
  public NodeInfo(String id, String cluster, Map<String, String> metadata, String userAgent) {
    this(id, cluster, metadata, userAgent, Locality.UNKNOWN);
  }
}
