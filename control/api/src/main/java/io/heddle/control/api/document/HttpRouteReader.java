package io.heddle.control.api.document;

import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.RouteTimeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the spec of an {@code HTTPRoute}, with the limits and defaults of the Gateway API v1. */
final class HttpRouteReader {
  private static final int MOST_MATCHES = 128;
  private static final Map<String, Kind> PARENT_KINDS = parentKinds();

  private HttpRouteReader() {}

  private static Map<String, Kind> parentKinds() {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    kinds.put(Kind.GATEWAY.kindName(), Kind.GATEWAY);
    kinds.put(Kind.SERVICE.kindName(), Kind.SERVICE);
    return kinds;
  }

  static HttpRouteSpec read(Fields spec) {
    List<HttpRouteSpec.ParentRef> parents = parents(spec);
    List<String> hostnames = spec.texts("hostnames", 16, Syntax.WILDCARD_HOSTNAME);
    List<HttpRouteSpec.Rule> rules = new ArrayList<>();
    Set<String> names = new HashSet<>();
    int matches = 0;
    for (Fields item : spec.mappings("rules", 16)) {
      HttpRouteSpec.Rule rule = rule(item);
      rules.add(rule);
      matches += rule.matches().size();
      if (!rule.name().isEmpty() && !names.add(rule.name())) {
        item.wrong("name", Problems.quote(rule.name()) + " stands twice", "unique names");
      }
    }
    if (matches > MOST_MATCHES) {
      spec.wrong("rules", matches + " matches in all rules", "at most " + MOST_MATCHES);
    }
    if (spec.has("rules")) {
      if (rules.isEmpty()) {
        spec.wrong("rules", "no rule", "1 to 16 rules, or the field left out");
      }
    } else {
      rules.add(
          new HttpRouteSpec.Rule("", List.of(), List.of(), List.of(), HttpRouteSpec.Timeouts.NONE));
    }
    spec.notYet("useDefaultGateways");
    spec.end();
    return new HttpRouteSpec(parents, hostnames, rules);
  }

  private static List<HttpRouteSpec.ParentRef> parents(Fields spec) {
    List<HttpRouteSpec.ParentRef> parents = new ArrayList<>();
    for (Fields item : spec.mappings("parentRefs", 32)) {
      Kind kind = item.choice("kind", PARENT_KINDS, Kind.GATEWAY);
      String group = item.text("group", Syntax.ANY);
      boolean core = kind == Kind.SERVICE && (group.isEmpty() || group.equals("core"));
      if (item.has("group") && !group.equals(kind.group()) && !core) {
        item.wrong("group", Problems.quote(group), Problems.quote(kind.group()));
      }
      String namespace = item.text("namespace", Syntax.DNS_LABEL);
      String name = item.requiredText("name", Syntax.DNS_NAME);
      String section = item.text("sectionName", Syntax.DNS_NAME);
      int port = item.integer("port", 1, 65_535, 0);
      item.end();
      HttpRouteSpec.ParentRef parent =
          new HttpRouteSpec.ParentRef(kind, namespace, name, section, port);
      if (parents.contains(parent)) {
        item.wrong("name", "the same parent stands twice", "unique parents");
      }
      parents.add(parent);
    }
    if (parents.isEmpty()) {
      spec.wrong("parentRefs", "none", "at least one Gateway or Service to attach to");
    }
    return parents;
  }

  private static HttpRouteSpec.Rule rule(Fields rule) {
    String name = rule.text("name", Syntax.DNS_NAME);
    List<HttpMatch> matches = new ArrayList<>();
    for (Fields item : rule.mappings("matches", 64)) {
      matches.add(HttpMatchReader.read(item));
    }
    List<HttpRouteFilter> filters = HttpRouteFilterReader.read(rule, HttpRouteFilterReader.ALL);
    List<HttpRouteSpec.BackendRef> backends = new ArrayList<>();
    for (Fields item : rule.mappings("backendRefs", 16)) {
      backends.add(backend(item));
    }
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
    rule.notYet("retry", "sessionPersistence");
    rule.end();
    return new HttpRouteSpec.Rule(name, matches, filters, backends, timeouts);
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
                  HttpRouteFilter.ResponseHeaderModifier _ ->
                  false;
            });
  }

  private static HttpRouteSpec.BackendRef backend(Fields item) {
    String group = item.text("group", Syntax.ANY);
    String kind = item.text("kind", Syntax.ANY);
    if (!group.isEmpty() && !group.equals("core")) {
      item.wrong("group", Problems.quote(group) + " is not supported", "left out, for a Service");
    }
    if (!kind.isEmpty() && !kind.equals(Kind.SERVICE.kindName())) {
      item.wrong("kind", Problems.quote(kind) + " is not supported", "Service, or left out");
    }
    String namespace = item.text("namespace", Syntax.DNS_LABEL);
    String name = item.requiredText("name", Syntax.DNS_LABEL);
    int port = item.requiredInteger("port", 1, 65_535);
    int weight = item.integer("weight", 0, 1_000_000, 1);
    List<HttpRouteFilter> filters =
        HttpRouteFilterReader.read(item, HttpRouteFilterReader.HEADERS_ONLY);
    item.end();
    return new HttpRouteSpec.BackendRef(namespace, name, port, weight, filters);
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

  private static RouteTimeout timeout(Fields timeouts, String field) {
    String text = timeouts.text(field, Syntax.DURATION);
    if (!Syntax.DURATION.admits(text)) {
      return RouteTimeout.UNSET; // absent, or reported
    }
    Duration duration = GatewayDuration.parse(text);
    return duration.isZero() ? RouteTimeout.Disabled.DISABLED : new RouteTimeout.After(duration);
  }
}
