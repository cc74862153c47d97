package io.heddle.xds.model;

import java.util.Optional;

/**
 * The xDS resource types that Heddle serves and consumes.
 *
 * <p>The order of the constants is the order in which a server pushes them, so that what is named
 * exists before what names it (make before break).
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol">xDS protocol,
 *     "Eventual consistency considerations"</a>
 */
public enum ResourceType {
  /** {@code envoy.config.cluster.v3.Cluster}, by CDS. */
  CLUSTER("type.googleapis.com/envoy.config.cluster.v3.Cluster"),
  /** {@code envoy.config.endpoint.v3.ClusterLoadAssignment}, by EDS. */
  ENDPOINTS("type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"),
  /** {@code envoy.config.listener.v3.Listener}, by LDS. */
  LISTENER("type.googleapis.com/envoy.config.listener.v3.Listener"),
  /** {@code envoy.config.route.v3.RouteConfiguration}, by RDS. */
  ROUTES("type.googleapis.com/envoy.config.route.v3.RouteConfiguration");

  private final String typeUrl;

  ResourceType(String typeUrl) {
    this.typeUrl = typeUrl;
  }

  /** The type URL that stands in discovery requests and in every {@code Any} of this type. */
  public String typeUrl() {
    return typeUrl;
  }

  /**
   * Whether a SotW response of this type is the whole state, so that what it leaves out is gone.
   */
  public boolean fullState() {
    return this == CLUSTER || this == LISTENER;
  }

  /** The type with this URL, or empty where Heddle does not know it. */
  public static Optional<ResourceType> ofTypeUrl(String typeUrl) {
    for (ResourceType type : values()) {
      if (type.typeUrl.equals(typeUrl)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
