package io.heddle.control.api.resource;

import java.util.List;

/**
 * Which TLS connections go where, by the server name that they ask for (Gateway API {@code
 * TLSRoute}).
 *
 * @param hostnames server names, 1 to 16; {@code *.} in front is allowed
 * @param backendRefs of its one rule, 1 to 16
 */
public record TlsRouteSpec(
    List<ParentRef> parentRefs,
    List<String> hostnames,
    String ruleName,
    List<BackendRef> backendRefs)
    implements RouteSpec {
  public TlsRouteSpec {
    parentRefs = List.copyOf(parentRefs);
    hostnames = List.copyOf(hostnames);
    backendRefs = List.copyOf(backendRefs);
  }

  @Override
  public Kind kind() {
    return Kind.TLS_ROUTE;
  }

  @Override
  public List<BackendRef> allBackends() {
    return backendRefs;
  }
}
