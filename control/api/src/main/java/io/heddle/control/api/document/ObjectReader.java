package io.heddle.control.api.document;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.Spec;

/** Reads what stands in a document beside {@code apiVersion} and {@code kind}. */
final class ObjectReader {
  private ObjectReader() {}

  /**
   * @param stored whether the document comes from a store, whose history has secrets without data
   */
  static ResourceObject read(Kind kind, Fields document, boolean stored) {
    document.ignore("status");
    ObjectMeta metadata =
        MetadataReader.read(kind, document.requiredMapping("metadata", "a mapping"));
    Spec spec =
        kind.hasSpec()
            ? spec(kind, document.requiredMapping("spec", "a mapping"))
            : plain(kind, document, stored);
    document.end();
    return ResourceObject.of(metadata, spec);
  }

  private static Spec spec(Kind kind, Fields spec) {
    return switch (kind) {
      case SERVICE -> ServiceReader.read(spec);
      case WORKLOAD_ENTRY -> WorkloadEntryReader.read(spec);
      case WORKLOAD_GROUP -> WorkloadEntryReader.group(spec);
      case GATEWAY -> GatewayReader.read(spec);
      case LISTENER_SET -> ListenerSetReader.read(spec);
      case HTTP_ROUTE -> HttpRouteReader.read(spec);
      case GRPC_ROUTE -> GrpcRouteReader.read(spec);
      case TLS_ROUTE -> StreamRouteReader.tls(spec);
      case TCP_ROUTE -> StreamRouteReader.tcp(spec);
      case REFERENCE_GRANT -> ReferenceGrantReader.read(spec);
      case BACKEND_TLS_POLICY -> BackendTlsPolicyReader.read(spec);
      case CLIENT_TRAFFIC_POLICY -> ClientTrafficPolicyReader.read(spec);
      case BACKEND_TRAFFIC_POLICY -> BackendTrafficPolicyReader.read(spec);
      case TELEMETRY_POLICY -> TelemetryPolicyReader.read(spec);
      case SECRET, CONFIG_MAP ->
          throw new IllegalStateException(kind + " (expected: a kind that has a spec)");
    };
  }

  private static Spec plain(Kind kind, Fields document, boolean stored) {
    return kind == Kind.SECRET
        ? SecretReader.read(document, stored)
        : ConfigMapReader.read(document);
  }
}
