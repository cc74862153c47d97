package io.heddle.control.api.document;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.GrpcRouteSpec;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.SessionPersistence;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the spec of a {@code GRPCRoute}, with the limits and defaults of the Gateway API v1. */
final class GrpcRouteReader {
  private static final Syntax REGEX = Syntax.regex(1024);

  private GrpcRouteReader() {}

  static GrpcRouteSpec read(Fields spec) {
    List<ParentRef> parents = RouteRefsReader.parents(spec, true);
    List<String> hostnames = spec.texts("hostnames", 16, Syntax.WILDCARD_HOSTNAME);
    List<GrpcRouteSpec.Rule> rules = new ArrayList<>();
    Set<String> names = RouteRefsReader.noNames();
    int matches = 0;
    for (Fields item : spec.mappings("rules", 16)) {
      GrpcRouteSpec.Rule rule = rule(item, names);
      rules.add(rule);
      matches += rule.matches().size();
    }
    if (matches > HttpRouteReader.MOST_MATCHES) {
      spec.wrong(
          "rules", matches + " matches in all rules", "at most " + HttpRouteReader.MOST_MATCHES);
    }
    if (rules.isEmpty()) {
      if (spec.has("rules")) {
        spec.wrong("rules", "no rule", "1 to 16 rules, or the field left out");
      }
      rules.add(
          new GrpcRouteSpec.Rule("", List.of(), List.of(), List.of(), SessionPersistence.NONE));
    }
    spec.notYet("useDefaultGateways");
    spec.end();
    return new GrpcRouteSpec(parents, hostnames, rules);
  }

  private static GrpcRouteSpec.Rule rule(Fields rule, Set<String> names) {
    String name = RouteRefsReader.ruleName(rule, names);
    List<GrpcRouteSpec.Match> matches = new ArrayList<>();
    for (Fields item : rule.mappings("matches", 64)) {
      matches.add(match(item));
    }
    List<HttpRouteFilter> filters = HttpRouteFilterReader.read(rule, HttpRouteFilterReader.GRPC);
    List<BackendRef> backends = RouteRefsReader.backends(rule, HttpRouteFilterReader.HEADERS_ONLY);
    SessionPersistence persistence = SessionPersistenceReader.read(rule);
    rule.notYet("timeouts", "retry");
    rule.end();
    return new GrpcRouteSpec.Rule(name, matches, filters, backends, persistence);
  }

  private static GrpcRouteSpec.Match match(Fields match) {
    boolean stated = match.states("method");
    Fields method = match.mapping("method");
    HttpMatch.ValueMatchType type = HttpMatchReader.valueType(method);
    boolean exact = type == HttpMatch.ValueMatchType.EXACT;
    String service = method.text("service", exact ? Syntax.GRPC_SERVICE : REGEX);
    String name = method.text("method", exact ? Syntax.GRPC_METHOD : REGEX);
    method.end();
    if (stated && service.isEmpty() && name.isEmpty()) {
      match.wrong("method", "neither service nor method", "one of the two, or both");
    }
    List<HttpMatch.ValueMatch> headers = HttpMatchReader.values(match, "headers", true, 4096);
    match.end();
    return new GrpcRouteSpec.Match(type, service, name, headers);
  }
}
