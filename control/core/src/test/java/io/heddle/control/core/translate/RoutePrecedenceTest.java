package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpMatch.ValueMatch;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.ResourceObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Holds what an Envoy would choose from the generated tables against the words of the Gateway API,
 * read by a matcher that looks at every rule.
 */
final class RoutePrecedenceTest {
  private static final List<String> PATHS =
      List.of("/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/a.b", "/x/y");
  private static final List<String> HOSTS =
      List.of("a.example.com", "b.example.com", "x.b.example.com", "example.org");

  private record Request(
      String host,
      String path,
      String method,
      Map<String, String> headers,
      Map<String, String> query) {}

  private record Rule(ResourceObject route, int rule, int match, String hostname) {
    HttpMatch conditions() {
      return ((HttpRouteSpec) route.spec()).rules().get(rule).matches().get(match);
    }

    String id() {
      return "default/%s/%d/%d".formatted(route.metadata().name(), rule, match);
    }
  }

  @Test
  void choosesTheRuleThatTheGatewayApiChooses() {
    Random random = new Random(20_261_124);
    for (int round = 0; round < 60; round++) {
      String yaml = gateway() + Inputs.service("web") + routes(random);
      List<ResourceObject> objects = Inputs.objects(yaml);
      Produce produce = new Produce().with(yaml).node("e", Inputs.gateway("edge")).translate();
      RouteConfiguration table = produce.routes("gateway/default/edge/8000");
      List<Rule> rules = rules(objects);
      for (int i = 0; i < 60; i++) {
        Request request = request(random);
        assertThat(asEnvoy(table, request))
            .as("round %d: %s", round, request)
            .isEqualTo(asWritten(rules, request));
      }
    }
  }

  // ---- generation

  private static String gateway() {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: edge}
    spec:
      gatewayClassName: heddle
      listeners: [{name: http, port: 8000, protocol: HTTP}]
    """;
  }

  private static String routes(Random random) {
    StringBuilder yaml = new StringBuilder();
    int count = 1 + random.nextInt(4);
    for (int r = 0; r < count; r++) {
      yaml.append(
          """
          ---
          apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: {name: r%d}
          spec:
            parentRefs: [{name: edge}]
          """
              .formatted(random.nextInt(1_000) * 10 + r));
      String hostname =
          pick(random, List.of("", "", "a.example.com", "*.example.com", "*.b.example.com"));
      if (!hostname.isEmpty()) {
        yaml.append("  hostnames: [\"").append(hostname).append("\"]\n");
      }
      yaml.append("  rules:\n");
      for (int rule = 0; rule <= random.nextInt(3); rule++) {
        yaml.append("  - backendRefs: [{name: web, port: 80}]\n    matches:\n");
        for (int m = 0; m <= random.nextInt(2); m++) {
          yaml.append("    - ").append(match(random)).append('\n');
        }
      }
    }
    return yaml.toString();
  }

  private static String match(Random random) {
    List<String> parts = new ArrayList<>();
    String type = pick(random, List.of("Exact", "PathPrefix", "PathPrefix", "RegularExpression"));
    String value =
        type.equals("RegularExpression")
            ? pick(random, List.of("/a/.*", "/.*b"))
            : pick(random, PATHS);
    parts.add("path: {type: %s, value: \"%s\"}".formatted(type, value));
    if (random.nextInt(3) == 0) {
      parts.add("method: " + pick(random, List.of("GET", "POST")));
    }
    if (random.nextInt(3) == 0) {
      parts.add(
          random.nextBoolean()
              ? "headers: [{name: X-A, value: \"1\"}]"
              : "headers: [{name: X-A, value: \"1\"}, {name: x-b, value: \"1\"}]");
    }
    if (random.nextInt(3) == 0) {
      parts.add("queryParams: [{name: q, value: \"1\"}]");
    }
    return "{" + String.join(", ", parts) + "}";
  }

  private static Request request(Random random) {
    return new Request(
        pick(random, HOSTS),
        pick(random, PATHS),
        pick(random, List.of("GET", "POST")),
        random.nextBoolean()
            ? Map.of()
            : random.nextBoolean() ? Map.of("x-a", "1") : Map.of("x-a", "1", "x-b", "1"),
        random.nextBoolean() ? Map.of() : Map.of("q", "1"));
  }

  private static String pick(Random random, List<String> of) {
    return of.get(random.nextInt(of.size()));
  }

  // ---- the Gateway API's words

  private static List<Rule> rules(List<ResourceObject> objects) {
    List<Rule> rules = new ArrayList<>();
    for (ResourceObject object : objects) {
      if (object.spec() instanceof HttpRouteSpec spec) {
        String hostname = spec.hostnames().isEmpty() ? "" : spec.hostnames().getFirst();
        for (int r = 0; r < spec.rules().size(); r++) {
          for (int m = 0; m < spec.rules().get(r).matches().size(); m++) {
            rules.add(new Rule(object, r, m, hostname));
          }
        }
      }
    }
    return rules;
  }

  private static String asWritten(List<Rule> rules, Request request) {
    return rules.stream()
        .filter(rule -> hostMatches(rule.hostname(), request.host()))
        .filter(rule -> matches(rule.conditions(), request))
        .min(
            Comparator.<Rule>comparingInt(
                    rule -> rule.hostname().startsWith("*") ? 0 : -rule.hostname().length())
                .thenComparingInt(rule -> -rule.hostname().length())
                .thenComparingInt(rule -> rank(rule.conditions()))
                .thenComparingInt(rule -> -length(rule.conditions()))
                .thenComparingInt(rule -> rule.conditions().method().isEmpty() ? 1 : 0)
                .thenComparingInt(rule -> -rule.conditions().headers().size())
                .thenComparingInt(rule -> -rule.conditions().queryParams().size())
                .thenComparing(rule -> rule.route().metadata().creationTimestamp())
                .thenComparing(rule -> rule.route().metadata().name())
                .thenComparingInt(Rule::rule)
                .thenComparingInt(Rule::match))
        .map(Rule::id)
        .orElse("404");
  }

  private static boolean hostMatches(String pattern, String host) {
    return pattern.isEmpty()
        || pattern.equals(host)
        || (pattern.startsWith("*.") && host.endsWith(pattern.substring(1)));
  }

  private static int rank(HttpMatch match) {
    return switch (match.path().type()) {
      case EXACT -> 0;
      case REGULAR_EXPRESSION -> 1;
      case PATH_PREFIX -> 2;
    };
  }

  private static int length(HttpMatch match) {
    String value = match.path().value();
    boolean slash =
        match.path().type() == HttpMatch.PathMatchType.PATH_PREFIX && value.endsWith("/");
    return slash ? value.length() - 1 : value.length();
  }

  private static boolean matches(HttpMatch match, Request request) {
    String value = match.path().value();
    boolean path =
        switch (match.path().type()) {
          case EXACT -> request.path().equals(value);
          case REGULAR_EXPRESSION -> Pattern.matches(value, request.path());
          case PATH_PREFIX -> {
            String prefix = value.endsWith("/") ? value.substring(0, value.length() - 1) : value;
            yield request.path().equals(prefix) || request.path().startsWith(prefix + "/");
          }
        };
    return path
        && (match.method().isEmpty() || match.method().equals(request.method()))
        && has(match.headers(), request.headers())
        && has(match.queryParams(), request.query());
  }

  private static boolean has(List<ValueMatch> wanted, Map<String, String> present) {
    return wanted.stream()
        .allMatch(w -> w.value().equals(present.get(w.name().toLowerCase(java.util.Locale.ROOT))));
  }

  // ---- Envoy's rules: most specific virtual host, then the first route that matches

  private static String asEnvoy(RouteConfiguration table, Request request) {
    VirtualHost best = null;
    int bestLength = -1;
    for (VirtualHost host : table.getVirtualHostsList()) {
      for (String domain : host.getDomainsList()) {
        int length = domain.equals(request.host()) ? 1_000 : wildcard(domain, request.host());
        if (length > bestLength) {
          bestLength = length;
          best = host;
        }
      }
    }
    if (best != null) {
      for (Route route : best.getRoutesList()) {
        if (matches(route.getMatch(), request)) {
          return route.getName();
        }
      }
    }
    return "404";
  }

  private static int wildcard(String domain, String host) {
    if (domain.equals("*")) {
      return 0;
    }
    return domain.startsWith("*") && host.endsWith(domain.substring(1)) ? domain.length() : -1;
  }

  private static boolean matches(RouteMatch match, Request request) {
    boolean path =
        switch (match.getPathSpecifierCase()) {
          case PREFIX -> request.path().startsWith(match.getPrefix());
          case PATH -> request.path().equals(match.getPath());
          case SAFE_REGEX -> Pattern.matches(match.getSafeRegex().getRegex(), request.path());
          case PATH_SEPARATED_PREFIX ->
              request.path().equals(match.getPathSeparatedPrefix())
                  || request.path().startsWith(match.getPathSeparatedPrefix() + "/");
          default -> throw new AssertionError(match);
        };
    for (HeaderMatcher header : match.getHeadersList()) {
      String value =
          header.getName().equals(":method")
              ? request.method()
              : request.headers().getOrDefault(header.getName(), "");
      path &= header.getStringMatch().getExact().equals(value);
    }
    for (QueryParameterMatcher parameter : match.getQueryParametersList()) {
      path &=
          parameter
              .getStringMatch()
              .getExact()
              .equals(request.query().getOrDefault(parameter.getName(), ""));
    }
    return path;
  }
}
