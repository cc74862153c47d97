package io.heddle.control.core.translate;

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
 * query parameters; the older route; the name; the order in the document.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule">HTTPRouteRule</a>
 */
record RouteEntry(BoundRoute route, int ruleIndex, int matchIndex) {
  static final Comparator<RouteEntry> PRECEDENCE =
      Comparator.<RouteEntry>comparingInt(entry -> pathRank(entry.match()))
          .thenComparing(
              Comparator.<RouteEntry>comparingInt(entry -> pathLength(entry.match())).reversed())
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
    List<HttpRouteSpec.Rule> rules = route.spec().rules();
    for (int i = 0; i < rules.size(); i++) {
      for (int j = 0; j < rules.get(i).matches().size(); j++) {
        entries.add(new RouteEntry(route, i, j));
      }
    }
    return entries;
  }

  HttpRouteSpec.Rule rule() {
    return route.spec().rules().get(ruleIndex);
  }

  HttpMatch match() {
    return rule().matches().get(matchIndex);
  }

  List<BoundRoute.Backend> backends() {
    return route.backends().get(ruleIndex);
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
