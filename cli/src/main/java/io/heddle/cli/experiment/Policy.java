package io.heddle.cli.experiment;

/** Writes the policies of scenarios. */
final class Policy {
  private Policy() {}

  /**
   * A policy of a Service.
   *
   * @param spec its fields, as YAML
   */
  static String of(String service, String spec) {
    return """
    ---
    apiVersion: heddle.io/v1alpha1
    kind: BackendTrafficPolicy
    metadata: {name: %s}
    spec:
      targetRefs: [{group: "", kind: Service, name: %s}]
    """
            .formatted(service, service)
        + spec.strip().indent(2);
  }

  /** Nothing is limited: what a mesh is like that only forwards. */
  static String off(String service) {
    return of(
        service,
        """
        timeout: {http: {requestTimeout: 0s}}
        retry: {numRetries: 0}
        healthCheck: {passive: {consecutive5XxErrors: 0}}
        circuitBreaker:
          maxConnections: 1000000
          maxPendingRequests: 1000000
          maxParallelRequests: 1000000
        """);
  }
}
