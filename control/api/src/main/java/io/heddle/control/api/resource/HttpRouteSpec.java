package io.heddle.control.api.resource;

import java.util.ArrayList;
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
    implements RouteSpec {
  public HttpRouteSpec {
    parentRefs = List.copyOf(parentRefs);
    hostnames = List.copyOf(hostnames);
    rules = List.copyOf(rules);
  }

  @Override
  public Kind kind() {
    return Kind.HTTP_ROUTE;
  }

  @Override
  public List<BackendRef> allBackends() {
    List<BackendRef> all = new ArrayList<>();
    for (Rule rule : rules) {
      all.addAll(rule.backendRefs());
      all.addAll(HttpRouteFilter.mirrors(rule.filters()));
    }
    return all;
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
      Timeouts timeouts,
      RouteRetry retry,
      SessionPersistence sessionPersistence) {
    public Rule {
      matches = matches.isEmpty() ? List.of(HttpMatch.EVERYTHING) : List.copyOf(matches);
      filters = List.copyOf(filters);
      backendRefs = List.copyOf(backendRefs);
    }

    /** A rule that says nothing: every request, and no backend. */
    public static final Rule EMPTY =
        new Rule(
            "",
            List.of(),
            List.of(),
            List.of(),
            Timeouts.NONE,
            RouteRetry.NONE,
            SessionPersistence.NONE);
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
