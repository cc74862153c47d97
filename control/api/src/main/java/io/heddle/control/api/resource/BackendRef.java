package io.heddle.control.api.resource;

import java.util.List;

/**
 * A Service that answers, and its share (Gateway API {@code BackendRef}, {@code HTTPBackendRef}).
 *
 * @param namespace empty: the route's own
 * @param port of the Service; zero where the reference left it out and the Service has one port
 * @param weight 0 to 1,000,000; 1 unless stated; 0 gets nothing
 * @param filters header modifiers only, applied to what goes to this backend
 */
public record BackendRef(
    String namespace, String name, int port, int weight, List<HttpRouteFilter> filters) {
  public BackendRef {
    Ports.checkOrNone("port", port);
    filters = List.copyOf(filters);
  }

  /** A Service without a share: what requests are copied to. */
  public static BackendRef of(String namespace, String name, int port) {
    return new BackendRef(namespace, name, port, 1, List.of());
  }

  /** The Service that a route of that namespace means. */
  public ObjectKey target(String routeNamespace) {
    return new ObjectKey(Kind.SERVICE, namespace.isEmpty() ? routeNamespace : namespace, name);
  }
}
