package io.heddle.control.api.resource;

import java.util.List;

/**
 * Where requests enter the mesh (Gateway API v1 {@code Gateway}).
 *
 * @param listeners 1 to 64, names unique
 * @param addresses up to 16; empty: the gateway's own choice
 */
public record GatewaySpec(
    String gatewayClassName, List<Listener> listeners, List<Address> addresses) implements Spec {
  public GatewaySpec {
    listeners = List.copyOf(listeners);
    addresses = List.copyOf(addresses);
  }

  @Override
  public Kind kind() {
    return Kind.GATEWAY;
  }

  /**
   * A port that the gateway listens on.
   *
   * @param hostname empty: any; {@code *.example.com} matches every name below
   * @param routesFrom which namespaces' routes may attach
   */
  public record Listener(
      String name, String hostname, int port, Protocol protocol, RoutesFrom routesFrom) {
    public Listener {
      Ports.check("port", port);
    }
  }

  /** What a listener speaks. */
  public enum Protocol {
    HTTP
  }

  /** {@code allowedRoutes.namespaces.from}. */
  public enum RoutesFrom {
    SAME("Same"),
    ALL("All"),
    NONE("None");

    private final String text;

    RoutesFrom(String text) {
      this.text = text;
    }

    /** As documents spell it. */
    public String text() {
      return text;
    }

    /** Whether a route of that namespace may attach to a gateway of this one. */
    public boolean admits(String gatewayNamespace, String routeNamespace) {
      return switch (this) {
        case SAME -> gatewayNamespace.equals(routeNamespace);
        case ALL -> true;
        case NONE -> false;
      };
    }
  }

  /** An address to bind; an IP address or a host name. */
  public record Address(AddressType type, String value) {}

  /** {@code addresses[].type}. */
  public enum AddressType {
    IP_ADDRESS("IPAddress"),
    HOSTNAME("Hostname");

    private final String text;

    AddressType(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
