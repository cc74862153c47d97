package io.heddle.control.api.resource;

import java.util.List;

/**
 * Where the connections of a port go (Gateway API {@code TCPRoute}).
 *
 * @param backendRefs of its one rule, 1 to 16
 */
public record TcpRouteSpec(
    List<ParentRef> parentRefs, String ruleName, List<BackendRef> backendRefs)
    implements RouteSpec {
  public TcpRouteSpec {
    parentRefs = List.copyOf(parentRefs);
    backendRefs = List.copyOf(backendRefs);
  }

  @Override
  public Kind kind() {
    return Kind.TCP_ROUTE;
  }

  @Override
  public List<String> hostnames() {
    return List.of();
  }

  @Override
  public List<BackendRef> allBackends() {
    return backendRefs;
  }
}
