package io.heddle.control.api.resource;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where requests enter the mesh (Gateway API v1 {@code Gateway}).
 *
 * @param listeners 1 to 64, names unique
 * @param addresses up to 16; empty: the gateway's own choice
 * @param listenerSets which namespaces' ListenerSets may add listeners; none unless stated
 */
public record GatewaySpec(
    String gatewayClassName,
    List<Listener> listeners,
    List<Address> addresses,
    Allowed listenerSets)
    implements Spec {
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
   * @param routes which namespaces' routes may attach
   * @param routeKinds kinds of routes that may attach; empty: all that the protocol has
   * @param tls {@link Tls#NONE} for HTTP and TCP
   */
  public record Listener(
      String name,
      String hostname,
      int port,
      Protocol protocol,
      Allowed routes,
      Set<Kind> routeKinds,
      Tls tls) {
    public Listener {
      Ports.check("port", port);
      routeKinds = Set.copyOf(routeKinds);
    }

    /** The kinds of routes that this listener takes. */
    public Set<Kind> admittedKinds() {
      Set<Kind> possible =
          switch (protocol) {
            case HTTP, HTTPS -> Set.of(Kind.HTTP_ROUTE, Kind.GRPC_ROUTE);
            case TLS ->
                tls.mode() == TlsMode.PASSTHROUGH
                    ? Set.of(Kind.TLS_ROUTE)
                    : Set.of(Kind.TLS_ROUTE, Kind.TCP_ROUTE);
            case TCP -> Set.of(Kind.TCP_ROUTE);
          };
      if (routeKinds.isEmpty()) {
        return possible;
      }
      return routeKinds.stream()
          .filter(possible::contains)
          .collect(java.util.stream.Collectors.toUnmodifiableSet());
    }
  }

  /** What a listener speaks. */
  public enum Protocol {
    HTTP,
    HTTPS,
    TLS,
    TCP;

    /** Whether its connections begin with a server name that tells listeners of a port apart. */
    public boolean encrypted() {
      return this == HTTPS || this == TLS;
    }
  }

  /** Who ends TLS. */
  public enum TlsMode {
    /** There is none. */
    NONE(""),
    TERMINATE("Terminate"),
    PASSTHROUGH("Passthrough");

    private final String text;

    TlsMode(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /**
   * {@code tls} of a listener.
   *
   * @param certificates Secrets of type {@code kubernetes.io/tls}, up to 64
   */
  public record Tls(TlsMode mode, List<CertificateRef> certificates) {
    public static final Tls NONE = new Tls(TlsMode.NONE, List.of());

    public Tls {
      certificates = List.copyOf(certificates);
    }
  }

  /**
   * A Secret.
   *
   * @param namespace empty: that of the Gateway or ListenerSet
   */
  public record CertificateRef(String namespace, String name) {
    /** The Secret that an object of that namespace means. */
    public ObjectKey target(String ownNamespace) {
      return new ObjectKey(Kind.SECRET, namespace.isEmpty() ? ownNamespace : namespace, name);
    }
  }

  /**
   * {@code namespaces} of {@code allowedRoutes} and {@code allowedListeners}.
   *
   * @param labels of {@link From#SELECTOR}, all of which the namespace has; a namespace has the one
   *     label {@link #NAME_LABEL}
   */
  public record Allowed(From from, Map<String, String> labels) {
    /** The label that holds the name of a namespace, as in Kubernetes. */
    public static final String NAME_LABEL = "kubernetes.io/metadata.name";

    public static final Allowed SAME = new Allowed(From.SAME, Map.of());
    public static final Allowed NONE = new Allowed(From.NONE, Map.of());

    public Allowed {
      labels = Ordered.copy(labels);
    }

    /** Whether an object of that namespace may attach to one of this one. */
    public boolean admits(String ownNamespace, String otherNamespace) {
      return switch (from) {
        case SAME -> ownNamespace.equals(otherNamespace);
        case ALL -> true;
        case NONE -> false;
        case SELECTOR ->
            labels.entrySet().stream()
                .allMatch(label ->
                    label.getKey().equals(NAME_LABEL) && label.getValue().equals(otherNamespace));
      };
    }
  }

  /** {@code namespaces.from}. */
  public enum From {
    SAME("Same"),
    ALL("All"),
    NONE("None"),
    SELECTOR("Selector");

    private final String text;

    From(String text) {
      this.text = text;
    }

    /** As documents spell it. */
    public String text() {
      return text;
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
