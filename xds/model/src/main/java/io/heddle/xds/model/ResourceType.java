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
  ROUTES("type.googleapis.com/envoy.config.route.v3.RouteConfiguration"),
  /** {@code envoy.config.route.v3.ScopedRouteConfiguration}, by SRDS. */
  SCOPED_ROUTES("type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration"),
  /** {@code envoy.config.route.v3.VirtualHost}, by VHDS, which is incremental only. */
  VIRTUAL_HOSTS("type.googleapis.com/envoy.config.route.v3.VirtualHost"),
  /** {@code envoy.extensions.transport_sockets.tls.v3.Secret}, by SDS. */
  SECRET("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"),
  /** {@code envoy.config.core.v3.TypedExtensionConfig}, by ECDS. */
  EXTENSION_CONFIG("type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"),
  /** {@code envoy.service.runtime.v3.Runtime}, by RTDS. */
  RUNTIME("type.googleapis.com/envoy.service.runtime.v3.Runtime");

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
    return this == CLUSTER || this == LISTENER || this == SCOPED_ROUTES;
  }

  /**
   * Whether a delta response can take a resource of this type away; the others stay in force until
   * whoever names them lets go.
   */
  public boolean removable() {
    return fullState() || this == VIRTUAL_HOSTS || this == EXTENSION_CONFIG || this == RUNTIME;
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
