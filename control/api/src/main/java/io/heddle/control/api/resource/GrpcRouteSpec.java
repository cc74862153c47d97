package io.heddle.control.api.resource;

import java.util.ArrayList;
import java.util.List;

/**
 * Which gRPC calls go where (Gateway API v1 {@code GRPCRoute}).
 *
 * @param rules 1 to 16; in order of the document
 */
public record GrpcRouteSpec(List<ParentRef> parentRefs, List<String> hostnames, List<Rule> rules)
    implements RouteSpec {
  public GrpcRouteSpec {
    parentRefs = List.copyOf(parentRefs);
    hostnames = List.copyOf(hostnames);
    rules = List.copyOf(rules);
  }

  @Override
  public Kind kind() {
    return Kind.GRPC_ROUTE;
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
   * Calls that meet any of the matches are filtered and sent to the backends by weight.
   *
   * @param matches never empty: the default is every call
   * @param filters header modifiers and mirrors
   */
  public record Rule(
      String name,
      List<Match> matches,
      List<HttpRouteFilter> filters,
      List<BackendRef> backendRefs,
      SessionPersistence sessionPersistence) {
    public Rule {
      matches = matches.isEmpty() ? List.of(Match.EVERYTHING) : List.copyOf(matches);
      filters = List.copyOf(filters);
      backendRefs = List.copyOf(backendRefs);
    }
  }

  /**
   * What a call must look like; all parts together.
   *
   * @param type how service and method are compared
   * @param service {@code package.Service}; empty: any
   * @param method empty: any
   */
  public record Match(
      HttpMatch.ValueMatchType type,
      String service,
      String method,
      List<HttpMatch.ValueMatch> headers) {
    public static final Match EVERYTHING =
        new Match(HttpMatch.ValueMatchType.EXACT, "", "", List.of());

    public Match {
      headers = List.copyOf(headers);
    }
  }
}
