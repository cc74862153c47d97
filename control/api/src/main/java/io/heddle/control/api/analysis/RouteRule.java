package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.GrpcRouteSpec;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.RouteSpec;
import io.heddle.control.api.resource.TcpRouteSpec;
import io.heddle.control.api.resource.TlsRouteSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What any kind of route has in a rule.
 *
 * @param field its path in the document
 * @param redirects whether it answers by itself, and so needs no backend
 * @param unanswered what becomes of requests, or connections, that have no backend
 * @param unreachable what becomes of those whose backends have no healthy endpoint
 */
record RouteRule(
    String field,
    List<BackendRef> backends,
    boolean redirects,
    String unanswered,
    String unreachable) {
  private static final String CLOSED = "connections are closed";

  static List<RouteRule> of(RouteSpec route) {
    List<RouteRule> rules = new ArrayList<>();
    switch (route) {
      case HttpRouteSpec http -> {
        for (HttpRouteSpec.Rule rule : http.rules()) {
          rules.add(
              new RouteRule(
                  field(rules.size()),
                  rule.backendRefs(),
                  rule.filters().stream()
                      .anyMatch(HttpRouteFilter.RequestRedirect.class::isInstance),
                  "requests are answered 500",
                  "requests are answered 503"));
        }
      }
      case GrpcRouteSpec grpc -> {
        for (GrpcRouteSpec.Rule rule : grpc.rules()) {
          rules.add(
              new RouteRule(
                  field(rules.size()),
                  rule.backendRefs(),
                  false,
                  "calls are answered UNAVAILABLE",
                  "calls are answered UNAVAILABLE"));
        }
      }
      case TlsRouteSpec tls ->
          rules.add(new RouteRule(field(0), tls.backendRefs(), false, CLOSED, CLOSED));
      case TcpRouteSpec tcp ->
          rules.add(new RouteRule(field(0), tcp.backendRefs(), false, CLOSED, CLOSED));
    }
    return rules;
  }

  private static String field(int index) {
    return "spec.rules[" + index + "]";
  }

  /** The healthy endpoints that can be reached, for a route of that namespace. */
  int healthy(String namespace, HealthyEndpoints endpoints) {
    int count = 0;
    for (BackendRef ref : backends) {
      if (ref.weight() > 0) {
        count += endpoints.of(ref.target(namespace));
      }
    }
    return count;
  }
}
