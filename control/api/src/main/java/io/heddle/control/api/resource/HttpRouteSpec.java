package io.heddle.control.api.resource;

import java.util.List;

/**
 * Which requests go where (Gateway API v1 {@code HTTPRoute}).
 *
 * @param parentRefs the Gateways it attaches to, or the Services whose clients it steers (GAMMA);
 *     up to 32
 * @param hostnames up to 16; empty: every host of the parent
 * @param rules 1 to 16; in order of the document
 */
public record HttpRouteSpec(List<ParentRef> parentRefs, List<String> hostnames, List<Rule> rules)
    implements Spec {
  public HttpRouteSpec {
    parentRefs = List.copyOf(parentRefs);
    hostnames = List.copyOf(hostnames);
    rules = List.copyOf(rules);
  }

  @Override
  public Kind kind() {
    return Kind.HTTP_ROUTE;
  }

  /**
   * What the route attaches to.
   *
   * @param kind {@link Kind#GATEWAY} (the default) or {@link Kind#SERVICE}
   * @param namespace empty: the route's own
   * @param sectionName the listener or service port by name; empty: all
   * @param port the listener's or service's port; zero: all
   */
  public record ParentRef(Kind kind, String namespace, String name, String sectionName, int port) {
    public ParentRef {
      if (kind != Kind.GATEWAY && kind != Kind.SERVICE) {
        throw new IllegalArgumentException("kind: " + kind + " (expected: Gateway or Service)");
      }
      Ports.checkOrNone("port", port);
    }

    /** The object that a route of that namespace means. */
    public ObjectKey target(String routeNamespace) {
      return new ObjectKey(kind, namespace.isEmpty() ? routeNamespace : namespace, name);
    }
  }

  /**
   * Requests that meet any of the matches are filtered and sent to the backends by weight.
   *
   * @param name empty, or unique within the route
   * @param matches never empty: the default is every path
   * @param backendRefs up to 16; empty with a redirect, else such a rule answers 500
   */
  public record Rule(
      String name,
      List<HttpMatch> matches,
      List<HttpRouteFilter> filters,
      List<BackendRef> backendRefs,
      Timeouts timeouts) {
    public Rule {
      matches = matches.isEmpty() ? List.of(HttpMatch.EVERYTHING) : List.copyOf(matches);
      filters = List.copyOf(filters);
      backendRefs = List.copyOf(backendRefs);
    }
  }

  /**
   * A Service that answers, and its share.
   *
   * @param namespace empty: the route's own
   * @param port of the Service; zero where the reference left it out and the Service has one port
   * @param weight 0 to 1,000,000; 1 unless stated; 0 gets nothing
   * @param filters header modifiers only, applied to what goes to this backend
   */
  public record BackendRef(
      String namespace, String name, int port, int weight, List<HttpRouteFilter> filters) {
    public BackendRef {
      Ports.checkOrNone("port", port);
      filters = List.copyOf(filters);
    }

    /** The Service that a route of that namespace means. */
    public ObjectKey target(String routeNamespace) {
      return new ObjectKey(Kind.SERVICE, namespace.isEmpty() ? routeNamespace : namespace, name);
    }
  }

  /**
   * How long a request may take.
   *
   * @param request from the whole request to the whole response, all attempts together
   * @param backendRequest one attempt; never longer than {@code request}
   */
  public record Timeouts(RouteTimeout request, RouteTimeout backendRequest) {
    public static final Timeouts NONE = new Timeouts(RouteTimeout.UNSET, RouteTimeout.UNSET);
  }
}
