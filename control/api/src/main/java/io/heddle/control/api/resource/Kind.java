package io.heddle.control.api.resource;

import java.util.List;
import java.util.Locale;

/** A kind of object, with the names under which users may ask for it. */
public enum Kind {
  SERVICE("v1", "Service", "services", "svc"),
  WORKLOAD_ENTRY("heddle.io/v1alpha1", "WorkloadEntry", "workloadentries", "we"),
  GATEWAY("gateway.networking.k8s.io/v1", "Gateway", "gateways", "gtw"),
  HTTP_ROUTE("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", "route"),
  GRPC_ROUTE("gateway.networking.k8s.io/v1", "GRPCRoute", "grpcroutes", ""),
  TLS_ROUTE(
      "gateway.networking.k8s.io/v1",
      "TLSRoute",
      "tlsroutes",
      "",
      "gateway.networking.k8s.io/v1alpha3"),
  TCP_ROUTE(
      "gateway.networking.k8s.io/v1",
      "TCPRoute",
      "tcproutes",
      "",
      "gateway.networking.k8s.io/v1alpha2"),
  LISTENER_SET("gateway.networking.k8s.io/v1", "ListenerSet", "listenersets", "lset"),
  REFERENCE_GRANT(
      "gateway.networking.k8s.io/v1",
      "ReferenceGrant",
      "referencegrants",
      "refgrant",
      "gateway.networking.k8s.io/v1beta1"),
  BACKEND_TLS_POLICY(
      "gateway.networking.k8s.io/v1", "BackendTLSPolicy", "backendtlspolicies", "btlspolicy"),
  SECRET("v1", "Secret", "secrets", ""),
  CONFIG_MAP("v1", "ConfigMap", "configmaps", "cm"),
  CLIENT_TRAFFIC_POLICY(
      "heddle.io/v1alpha1", "ClientTrafficPolicy", "clienttrafficpolicies", "ctp"),
  BACKEND_TRAFFIC_POLICY(
      "heddle.io/v1alpha1", "BackendTrafficPolicy", "backendtrafficpolicies", "btp"),
  TELEMETRY_POLICY("heddle.io/v1alpha1", "TelemetryPolicy", "telemetrypolicies", "tp"),
  WORKLOAD_GROUP("heddle.io/v1alpha1", "WorkloadGroup", "workloadgroups", "wg");

  private final String apiVersion;
  private final String kindName;
  private final String plural;
  private final String shortName;
  private final String alsoRead;

  Kind(String apiVersion, String kindName, String plural, String shortName) {
    this(apiVersion, kindName, plural, shortName, "");
  }

  Kind(String apiVersion, String kindName, String plural, String shortName, String alsoRead) {
    this.apiVersion = apiVersion;
    this.kindName = kindName;
    this.plural = plural;
    this.shortName = shortName;
    this.alsoRead = alsoRead;
  }

  /** Older versions of the same form: documents may name them, and are read as the served one. */
  public List<String> alsoRead() {
    return alsoRead.isEmpty() ? List.of() : List.of(alsoRead);
  }

  /** Whether what its objects say stands in {@code spec}, and not beside {@code metadata}. */
  public boolean hasSpec() {
    return this != SECRET && this != CONFIG_MAP;
  }

  /** The one version that is served, such as {@code gateway.networking.k8s.io/v1}. */
  public String apiVersion() {
    return apiVersion;
  }

  /** The API group, empty for the core group. */
  public String group() {
    int slash = apiVersion.indexOf('/');
    return slash < 0 ? "" : apiVersion.substring(0, slash);
  }

  /** As documents spell it, such as {@code HTTPRoute}. */
  public String kindName() {
    return kindName;
  }

  /** As paths of the REST API spell it, such as {@code httproutes}. */
  public String plural() {
    return plural;
  }

  public String singular() {
    return kindName.toLowerCase(Locale.ROOT);
  }

  public List<String> shortNames() {
    return shortName.isEmpty() ? List.of() : List.of(shortName);
  }

  /** Whether its objects live in namespaces; all kinds of today do. */
  public boolean namespaced() {
    return true;
  }
}
