package io.heddle.cli.experiment;

import java.util.List;
import java.util.Map;

/**
 * Writes the objects that every experiment has: services, entries of their instances, a Gateway.
 */
final class MeshObjects {
  private static final String GATEWAY =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge}
      spec:
        gatewayClassName: heddle
        listeners: [{name: http, protocol: HTTP, port: $GATEWAY_PORT}]
      """;

  private MeshObjects() {}

  /**
   * Those of some backends.
   *
   * @param callers of them that a sidecar registers
   */
  static String of(Map<String, List<Backend>> backends, List<Backend> callers) {
    StringBuilder objects = new StringBuilder(GATEWAY);
    backends.forEach((service, instances) -> {
      objects.append(
          """
          ---
          apiVersion: v1
          kind: Service
          metadata: {name: %s}
          spec: {ports: [{port: 80}]}
          """
              .formatted(service));
      for (int i = 0; i < instances.size(); i++) {
        if (!callers.contains(instances.get(i))) {
          objects.append(entry(service, i + 1, instances.get(i).port()));
        }
      }
    });
    return objects.toString();
  }

  /** An instance that no sidecar registers. */
  static String entry(String service, int number, int port) {
    return """
    ---
    apiVersion: heddle.io/v1alpha1
    kind: WorkloadEntry
    metadata: {name: %s-%d}
    spec:
      address: 127.0.0.1
      service: %s
      ports: {http: %d}
    """
        .formatted(service, number, service, port);
  }
}
