package io.heddle.control.core.translate;

import io.heddle.control.api.resource.GrpcRouteSpec;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One match of one rule of a route: what becomes one route of a virtual host.
 *
 * <p>Ordered as the Gateway API demands: exact path, then (its own choice is left to an
 * implementation) regular expression, then prefix; the longer path; a method; more headers; more
 * query parameters; the older route; the name; the order in the document. Of GRPCRoutes: the longer
 * service, the longer method, more headers, and then the same.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule">HTTPRouteRule</a>
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#grpcrouterule">GRPCRouteRule</a>
 */
record RouteEntry(BoundRoute route, int ruleIndex, int matchIndex) {
  static final Comparator<RouteEntry> PRECEDENCE =
      Comparator.<RouteEntry, Boolean>comparing(entry -> !entry.route().grpc())
          .thenComparing(
              Comparator.<RouteEntry>comparingInt(entry -> entry.call().service().length())
                  .reversed())
          .thenComparing(
              Comparator.<RouteEntry>comparingInt(entry -> entry.call().method().length())
                  .reversed())
          .thenComparingInt(entry -> entry.route().grpc() ? 0 : pathRank(entry.match()))
          .thenComparing(
              Comparator.<RouteEntry>comparingInt(
                      entry -> entry.route().grpc() ? 0 : pathLength(entry.match()))
                  .reversed())
          .thenComparing(entry -> entry.match().method().isEmpty())
          .thenComparing(
              Comparator.<RouteEntry>comparingInt(e -> e.match().headers().size()).reversed())
          .thenComparing(
              Comparator.<RouteEntry>comparingInt(e -> e.match().queryParams().size()).reversed())
          .thenComparing(entry -> entry.route().created())
          .thenComparing(entry -> entry.route().key())
          .thenComparingInt(RouteEntry::ruleIndex)
          .thenComparingInt(RouteEntry::matchIndex);

  static List<RouteEntry> of(BoundRoute route) {
    List<RouteEntry> entries = new ArrayList<>();
    List<HttpRouteSpec.Rule> rules = route.rules();
    for (int i = 0; i < rules.size(); i++) {
      for (int j = 0; j < rules.get(i).matches().size(); j++) {
        entries.add(new RouteEntry(route, i, j));
      }
    }
    return entries;
  }

  HttpRouteSpec.Rule rule() {
    return route.rules().get(ruleIndex);
  }

  HttpMatch match() {
    return rule().matches().get(matchIndex);
  }

  BoundRoute.Targets targets() {
    return route.targets().get(ruleIndex);
  }

  /** What a GRPCRoute matches; of another route everything, so that nothing is told apart by it. */
  private GrpcRouteSpec.Match call() {
    return route.spec() instanceof GrpcRouteSpec grpc
        ? grpc.rules().get(ruleIndex).matches().get(matchIndex)
        : GrpcRouteSpec.Match.EVERYTHING;
  }

  private static int pathRank(HttpMatch match) {
    return switch (match.path().type()) {
      case EXACT -> 0;
      case REGULAR_EXPRESSION -> 1;
      case PATH_PREFIX -> 2;
    };
  }

  /** A trailing slash of a prefix means nothing, so it does not count. */
  private static int pathLength(HttpMatch match) {
    return switch (match.path().type()) {
      case EXACT, REGULAR_EXPRESSION -> match.path().value().length();
      case PATH_PREFIX -> Paths.prefix(match.path().value()).length();
    };
  }
}
