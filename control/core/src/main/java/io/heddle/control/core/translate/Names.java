package io.heddle.control.core.translate;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.xds.server.Scope;
import java.util.List;
import java.util.Optional;

/** The names of resources and scopes. */
public final class Names {
  /** The cluster of a sidecar's own application, and the listener in front of it. */
  public static final String INBOUND = "inbound";

  /** The listener that a sidecar's application sends its requests to. */
  public static final String OUTBOUND = "outbound";

  /**
   * A cluster that never exists: the share of a backend that could not be resolved goes there, and
   * the route says that a missing cluster is answered with 500.
   */
  static final String UNRESOLVED = "unresolved";

  /** Every service's cluster, for sidecars. */
  static final Scope CLUSTERS = new Scope("clusters");

  /** Every service's endpoints, for all that subscribe to them by name. */
  static final Scope ENDPOINTS = new Scope("endpoints");

  private Names() {}

  /** {@code NAMESPACE/SERVICE}, the name of a service's cluster and of its endpoints. */
  public static String cluster(ObjectKey service) {
    return service.namespace() + "/" + service.name();
  }

  /** The service that a cluster is of; empty for one that is of none. */
  public static Optional<ObjectKey> serviceOf(String cluster) {
    int slash = cluster.indexOf('/');
    return slash < 1
        ? Optional.empty()
        : Optional.of(
            new ObjectKey(Kind.SERVICE, cluster.substring(0, slash), cluster.substring(slash + 1)));
  }

  /** The route table that all sidecars of a namespace share. */
  public static String outboundRoutes(String namespace) {
    return "outbound/" + namespace;
  }

  /** The listener of one port of a Gateway, and its route table. */
  public static String gatewayRoutes(ObjectKey gateway, int port) {
    return "gateway/" + gateway.namespace() + "/" + gateway.name() + "/" + port;
  }

  /** A certificate with its key; only proxies whose Gateway names it see it. */
  static String secret(ObjectKey secret) {
    return "secret/" + secret.namespace() + "/" + secret.name();
  }

  /**
   * What stands before the address of a gRPC server in the name of its listener: {@code
   * server_listener_resource_name_template} of its bootstrap.
   */
  public static final String GRPC_SERVER = "heddle/server/";

  /** The certificate provider that the bootstrap of a gRPC application names. */
  public static final String GRPC_CERTIFICATES = "heddle";

  /** Every service's cluster, for gRPC applications. */
  static final Scope GRPC_CLUSTERS = new Scope("grpc/clusters");

  /** The clusters spoken to over TLS, for gRPC applications that have a certificate to show. */
  static final Scope GRPC_MUTUAL = new Scope("grpc/clusters/mutual");

  /** The route table by which gRPC applications of a namespace call a service. */
  static String grpcRoutes(String namespace, ObjectKey service) {
    return "grpc/" + namespace + "/" + cluster(service);
  }

  /** The listeners and route tables of all gRPC applications of a namespace. */
  static Scope grpc(String namespace) {
    return new Scope("grpc/namespace/" + namespace);
  }

  /** Every service's endpoints as seen from a place, the near ones first. */
  static Scope grpcEndpoints(Locality from) {
    // Its parts come from outside, and may hold slashes.
    return new Scope(
        "grpc/endpoints/%d/%d/%s".formatted(from.region().length(), from.zone().length(), from));
  }

  /**
   * What the sidecars of a service see that says whom it calls: their clusters, and their routes in
   * a table of the name that others of the namespace know, so that no listener has to change.
   */
  public static Scope reach(ObjectKey caller) {
    return new Scope("reach/" + caller.namespace() + "/" + caller.name());
  }

  static Scope namespace(String namespace) {
    return new Scope("namespace/" + namespace);
  }

  static Scope gateway(ObjectKey gateway) {
    return new Scope("gateway/" + gateway.namespace() + "/" + gateway.name());
  }

  /** The service that a sidecar stands beside. */
  public static ObjectKey serviceOf(NodeFacts.Sidecar facts) {
    return new ObjectKey(Kind.SERVICE, facts.namespace(), facts.service());
  }

  static ObjectKey gatewayOf(NodeFacts.GatewayProxy facts) {
    return new ObjectKey(Kind.GATEWAY, facts.namespace(), facts.gateway());
  }

  /**
   * What a node sees, most specific first.
   *
   * @param own the scope that holds what only this node sees
   * @param bounded whether the node's service says whom it calls
   */
  public static List<Scope> scopesOf(Scope own, NodeFacts facts, boolean bounded) {
    return switch (facts) {
      case NodeFacts.Sidecar sidecar when bounded ->
          List.of(own, reach(serviceOf(sidecar)), ENDPOINTS);
      case NodeFacts.Sidecar sidecar ->
          List.of(own, namespace(sidecar.namespace()), CLUSTERS, ENDPOINTS);
      case NodeFacts.GatewayProxy gateway -> List.of(own, gateway(gatewayOf(gateway)), ENDPOINTS);
      case NodeFacts.Grpc grpc -> {
        Scope endpoints = grpcEndpoints(grpc.locality());
        yield grpc.certificates().own()
            ? List.of(own, grpc(grpc.namespace()), GRPC_MUTUAL, GRPC_CLUSTERS, endpoints)
            : List.of(own, grpc(grpc.namespace()), GRPC_CLUSTERS, endpoints);
      }
      case NodeFacts.Unusable _ -> List.of(own);
    };
  }
}
