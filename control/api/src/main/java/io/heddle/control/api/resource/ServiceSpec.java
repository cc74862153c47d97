package io.heddle.control.api.resource;

import java.util.List;
import java.util.Map;

/**
 * A name that clients call, and which instances answer it (Kubernetes {@code v1 Service}).
 *
 * @param selector the labels that an instance must carry, all of them. Every instance carries
 *     {@link #SERVICE_LABEL} with the service name that it registered under. Empty: the instances
 *     that registered under this object's own name
 * @param ports at least one; names are unique, and present when there are several
 */
public record ServiceSpec(Map<String, String> selector, List<Port> ports) implements Spec {
  /** The label that holds the service name of an instance's registration. */
  public static final String SERVICE_LABEL = "heddle.io/service";

  /**
   * A port of the service.
   *
   * @param name empty when the service has one port
   * @param port 1 to 65535, the port that clients call
   * @param appProtocol one of {@link #PROTOCOLS}, or empty: HTTP/1.1, and HTTP/2 for the calls of
   *     GRPCRoutes
   */
  public record Port(String name, int port, String appProtocol) {
    public static final String HTTP = "http";
    public static final String GRPC = "grpc";
    public static final String HTTP2 = "http2";
    public static final String H2C = "kubernetes.io/h2c";
    public static final String WEBSOCKET = "kubernetes.io/ws";
    public static final String TCP = "tcp";

    /** What {@code appProtocol} may say. */
    public static final List<String> PROTOCOLS = List.of(HTTP, GRPC, HTTP2, H2C, WEBSOCKET, TCP);

    /** Whether the instances take HTTP/2 with prior knowledge, and nothing else. */
    public boolean http2() {
      return appProtocol.equals(GRPC) || appProtocol.equals(HTTP2) || appProtocol.equals(H2C);
    }

    public Port {
      Ports.check("port", port);
    }
  }

  public ServiceSpec {
    selector = Ordered.copy(selector);
    ports = List.copyOf(ports);
  }

  @Override
  public Kind kind() {
    return Kind.SERVICE;
  }

  /** The selector in force for a Service of this name: the default is spelled out. */
  public Map<String, String> effectiveSelector(String serviceName) {
    return selector.isEmpty() ? Map.of(SERVICE_LABEL, serviceName) : selector;
  }

  /** Whether a Service of this name picks an instance with these labels. */
  public boolean selects(String serviceName, Map<String, String> labels) {
    for (Map.Entry<String, String> wanted : effectiveSelector(serviceName).entrySet()) {
      if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
        return false;
      }
    }
    return true;
  }
}
