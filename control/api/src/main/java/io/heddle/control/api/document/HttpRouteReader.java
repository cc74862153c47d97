package io.heddle.control.api.document;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.RouteRetry;
import io.heddle.control.api.resource.RouteTimeout;
import io.heddle.control.api.resource.SessionPersistence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the spec of an {@code HTTPRoute}, with the limits and defaults of the Gateway API v1. */
final class HttpRouteReader {
  static final int MOST_MATCHES = 128;

  private HttpRouteReader() {}

  static HttpRouteSpec read(Fields spec) {
    List<ParentRef> parents = RouteRefsReader.parents(spec, true);
    List<String> hostnames = spec.texts("hostnames", 16, Syntax.WILDCARD_HOSTNAME);
    List<HttpRouteSpec.Rule> rules = new ArrayList<>();
    Set<String> names = RouteRefsReader.noNames();
    int matches = 0;
    for (Fields item : spec.mappings("rules", 16)) {
      HttpRouteSpec.Rule rule = rule(item, names);
      rules.add(rule);
      matches += rule.matches().size();
    }
    if (matches > MOST_MATCHES) {
      spec.wrong("rules", matches + " matches in all rules", "at most " + MOST_MATCHES);
    }
    if (spec.has("rules")) {
      if (rules.isEmpty()) {
        spec.wrong("rules", "no rule", "1 to 16 rules, or the field left out");
      }
    } else {
      rules.add(HttpRouteSpec.Rule.EMPTY);
    }
    spec.notYet("useDefaultGateways");
    spec.end();
    return new HttpRouteSpec(parents, hostnames, rules);
  }

  private static HttpRouteSpec.Rule rule(Fields rule, Set<String> names) {
    String name = RouteRefsReader.ruleName(rule, names);
    List<HttpMatch> matches = new ArrayList<>();
    for (Fields item : rule.mappings("matches", 64)) {
      matches.add(HttpMatchReader.read(item));
    }
    List<HttpRouteFilter> filters = HttpRouteFilterReader.read(rule, HttpRouteFilterReader.ALL);
    List<BackendRef> backends = RouteRefsReader.backends(rule, HttpRouteFilterReader.HEADERS_ONLY);
    boolean redirects =
        filters.stream().anyMatch(HttpRouteFilter.RequestRedirect.class::isInstance);
    if (redirects && !backends.isEmpty()) {
      rule.wrong("backendRefs", "backends beside a RequestRedirect", "one of the two");
    }
    if (replacesPrefix(filters)
        && (matches.size() > 1
            || (matches.size() == 1
                && matches.getFirst().path().type() != HttpMatch.PathMatchType.PATH_PREFIX))) {
      rule.wrong(
          "filters", "ReplacePrefixMatch with these matches", "exactly one match, of a PathPrefix");
    }
    HttpRouteSpec.Timeouts timeouts = timeouts(rule.mapping("timeouts"));
    RouteRetry retry = retry(rule);
    SessionPersistence persistence = SessionPersistenceReader.read(rule);
    rule.end();
    return new HttpRouteSpec.Rule(name, matches, filters, backends, timeouts, retry, persistence);
  }

  private static boolean replacesPrefix(List<HttpRouteFilter> filters) {
    return filters.stream()
        .anyMatch(filter ->
            switch (filter) {
              case HttpRouteFilter.RequestRedirect redirect ->
                  redirect.path() instanceof HttpRouteFilter.ReplacePrefixMatch;
              case HttpRouteFilter.UrlRewrite rewrite ->
                  rewrite.path() instanceof HttpRouteFilter.ReplacePrefixMatch;
              case HttpRouteFilter.RequestHeaderModifier _,
                  HttpRouteFilter.ResponseHeaderModifier _,
                  HttpRouteFilter.RequestMirror _,
                  HttpRouteFilter.Cors _ ->
                  false;
            });
  }

  private static HttpRouteSpec.Timeouts timeouts(Fields timeouts) {
    RouteTimeout request = timeout(timeouts, "request");
    RouteTimeout backend = timeout(timeouts, "backendRequest");
    timeouts.end();
    boolean longer =
        request instanceof RouteTimeout.After(Duration whole)
            && switch (backend) {
              case RouteTimeout.After(Duration one) -> one.compareTo(whole) > 0;
              case RouteTimeout.Disabled _ -> true;
              case RouteTimeout.Absent _ -> false;
            };
    if (longer) {
      timeouts.wrong("backendRequest", "longer than the request timeout", "at most as long");
    }
    return new HttpRouteSpec.Timeouts(request, backend);
  }

  private static RouteRetry retry(Fields rule) {
    boolean stated = rule.has("retry");
    Fields retry = rule.mapping("retry");
    List<Integer> codes = retry.integers("codes", 64, 400, 599);
    if (codes.stream().distinct().count() < codes.size()) {
      retry.wrong("codes", "a status that stands twice", "each status once");
    }
    int attempts =
        retry.integer("attempts", 0, RouteRetry.MOST_ATTEMPTS, RouteRetry.DEFAULT_ATTEMPTS);
    RouteTimeout backoff = timeout(retry, "backoff");
    retry.end();
    if (backoff instanceof RouteTimeout.Disabled) {
      retry.wrong("backoff", "0s", "at least 1ms");
    }
    return stated ? new RouteRetry(true, codes, Math.max(attempts, 0), backoff) : RouteRetry.NONE;
  }

  static RouteTimeout timeout(Fields timeouts, String field) {
    String text = timeouts.text(field, Syntax.DURATION);
    if (!Syntax.DURATION.admits(text)) {
      return RouteTimeout.UNSET; // absent, or reported
    }
    Duration duration = GatewayDuration.parse(text);
    return duration.isZero() ? RouteTimeout.Disabled.DISABLED : new RouteTimeout.After(duration);
  }
}
