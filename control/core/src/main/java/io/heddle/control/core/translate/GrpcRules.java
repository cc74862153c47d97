package io.heddle.control.core.translate;

import io.heddle.control.api.resource.GrpcRouteSpec;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpMatch.PathMatch;
import io.heddle.control.api.resource.HttpMatch.PathMatchType;
import io.heddle.control.api.resource.HttpMatch.ValueMatchType;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.RouteRetry;
import java.util.ArrayList;
import java.util.List;

/**
 * Says the rules of a GRPCRoute in the words of an HTTPRoute: a call of {@code method} of {@code
 * package.Service} is a POST to {@code /package.Service/method}.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md">gRPC over HTTP2,
 *     Requests</a>
 */
final class GrpcRules {
  private static final String ANY_NAME = "[^/]+";

  private GrpcRules() {}

  static List<HttpRouteSpec.Rule> of(GrpcRouteSpec route) {
    List<HttpRouteSpec.Rule> rules = new ArrayList<>();
    for (GrpcRouteSpec.Rule rule : route.rules()) {
      List<HttpMatch> matches = new ArrayList<>();
      rule.matches().forEach(match -> matches.add(match(match)));
      rules.add(
          new HttpRouteSpec.Rule(
              rule.name(),
              matches,
              rule.filters(),
              rule.backendRefs(),
              HttpRouteSpec.Timeouts.NONE,
              RouteRetry.NONE,
              rule.sessionPersistence()));
    }
    return rules;
  }

  private static HttpMatch match(GrpcRouteSpec.Match match) {
    return new HttpMatch(path(match), match.headers(), List.of(), "");
  }

  private static PathMatch path(GrpcRouteSpec.Match match) {
    String service =
        match.service().startsWith(".") ? match.service().substring(1) : match.service();
    String method = match.method();
    if (service.isEmpty() && method.isEmpty()) {
      return new PathMatch(PathMatchType.PATH_PREFIX, "/");
    }
    if (match.type() == ValueMatchType.EXACT && !service.isEmpty()) {
      return method.isEmpty()
          ? new PathMatch(PathMatchType.PATH_PREFIX, "/" + service)
          : new PathMatch(PathMatchType.EXACT, "/" + service + "/" + method);
    }
    return new PathMatch(
        PathMatchType.REGULAR_EXPRESSION, "/" + part(service) + "/" + part(method));
  }

  private static String part(String pattern) {
    return pattern.isEmpty() ? ANY_NAME : "(?:" + pattern + ")";
  }
}
