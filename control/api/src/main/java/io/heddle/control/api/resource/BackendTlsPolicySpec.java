package io.heddle.control.api.resource;

import java.util.List;

/**
 * How a Service's instances are spoken to over TLS (Gateway API {@code BackendTLSPolicy}).
 *
 * @param targets Services of the policy's namespace, 1 to 16
 * @param authorities ConfigMaps or Secrets with {@code ca.crt}, of the policy's namespace; 1 to 8
 * @param hostname asked for by SNI, and what the certificate must say where {@code names} is empty
 * @param names what the certificate must say instead, any of them; up to 5
 * @see <a href="https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/">BackendTLSPolicy</a>
 */
public record BackendTlsPolicySpec(
    List<Target> targets, List<String> authorities, String hostname, List<AltName> names)
    implements Spec {
  public BackendTlsPolicySpec {
    targets = List.copyOf(targets);
    authorities = List.copyOf(authorities);
    names = List.copyOf(names);
  }

  @Override
  public Kind kind() {
    return Kind.BACKEND_TLS_POLICY;
  }

  /**
   * A Service of the policy's namespace.
   *
   * @param sectionName a port by name; empty: all
   */
  public record Target(String name, String sectionName) {}

  /** A subject alternative name: a DNS name or a URI. */
  public record AltName(boolean uri, String value) {}
}
