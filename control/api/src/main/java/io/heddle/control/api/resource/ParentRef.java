package io.heddle.control.api.resource;

/**
 * What a route attaches to (Gateway API {@code ParentReference}).
 *
 * @param kind {@link Kind#GATEWAY} (the default), {@link Kind#LISTENER_SET} or {@link Kind#SERVICE}
 * @param namespace empty: the route's own
 * @param sectionName the listener or service port by name; empty: all
 * @param port the listener's or service's port; zero: all
 */
public record ParentRef(Kind kind, String namespace, String name, String sectionName, int port) {
  public ParentRef {
    if (kind != Kind.GATEWAY && kind != Kind.SERVICE && kind != Kind.LISTENER_SET) {
      throw new IllegalArgumentException(
          "kind: " + kind + " (expected: Gateway, ListenerSet or Service)");
    }
    Ports.checkOrNone("port", port);
  }

  /** The object that a route of that namespace means. */
  public ObjectKey target(String routeNamespace) {
    return new ObjectKey(kind, namespace.isEmpty() ? routeNamespace : namespace, name);
  }
}
