package io.heddle.xds.server;

import java.util.Collection;
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
    String id,
    String cluster,
    Map<String, String> metadata,
    String userAgent,
    Locality locality,
    Features features) {

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

  /**
   * What a client announces in {@code client_features}, as far as it changes what it is sent.
   *
   * @param wrapsSotw {@code xds.config.resource-in-sotw}: a SotW response may wrap its resources,
   *     and thereby say how long they are good for
   * @param ttl {@code xds.config.supports-resource-ttl}: so may a delta response
   * @param allLoads {@code envoy.lrs.supports_send_all_clusters}: it can report the load of all its
   *     clusters without being given their names
   */
  public record Features(boolean wrapsSotw, boolean ttl, boolean allLoads) {
    /** Nothing announced. */
    public static final Features NONE = new Features(false, false, false);

    private static final String WRAPS_SOTW = "xds.config.resource-in-sotw";
    private static final String TTL = "xds.config.supports-resource-ttl";
    private static final String ALL_LOADS = "envoy.lrs.supports_send_all_clusters";

    /** Reads the announced names; those of other features say nothing here. */
    static Features of(Collection<String> announced) {
      return announced.isEmpty()
          ? NONE
          : new Features(
              announced.contains(WRAPS_SOTW),
              announced.contains(TTL),
              announced.contains(ALL_LOADS));
    }
  }

  /** Checks that nothing is missing and copies the metadata. */
  public NodeInfo {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(cluster, "cluster");
    Objects.requireNonNull(userAgent, "userAgent");
    Objects.requireNonNull(locality, "locality");
    Objects.requireNonNull(features, "features");
    metadata = Map.copyOf(metadata);
  }

  /** A node that does not say where it stands, and announces nothing. */
  public NodeInfo(String id, String cluster, Map<String, String> metadata, String userAgent) {
    this(id, cluster, metadata, userAgent, Locality.UNKNOWN, Features.NONE);
  }
}
