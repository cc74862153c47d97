package io.heddle.control.api.resource;

import java.util.List;

/**
 * Listeners that are added to a Gateway (Gateway API {@code ListenerSet}).
 *
 * @param gatewayNamespace empty: the set's own
 * @param listeners 1 to 64, names unique
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1713/">Gateway API, GEP-1713</a>
 */
public record ListenerSetSpec(
    String gatewayNamespace, String gatewayName, List<GatewaySpec.Listener> listeners)
    implements Spec {
  public ListenerSetSpec {
    listeners = List.copyOf(listeners);
  }

  @Override
  public Kind kind() {
    return Kind.LISTENER_SET;
  }

  /** The Gateway that a set of that namespace means. */
  public ObjectKey gateway(String ownNamespace) {
    return new ObjectKey(
        Kind.GATEWAY, gatewayNamespace.isEmpty() ? ownNamespace : gatewayNamespace, gatewayName);
  }
}
