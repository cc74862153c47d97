package io.heddle.control.api.document;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.TcpRouteSpec;
import io.heddle.control.api.resource.TlsRouteSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the specs of {@code TLSRoute} and {@code TCPRoute}. */
final class StreamRouteReader {
  private record Rule(String name, List<BackendRef> backends) {}

  private StreamRouteReader() {}

  static TlsRouteSpec tls(Fields spec) {
    List<ParentRef> parents = RouteRefsReader.parents(spec, false);
    List<String> hostnames = spec.texts("hostnames", 16, Syntax.WILDCARD_HOSTNAME);
    if (hostnames.isEmpty()) {
      spec.wrong("hostnames", "none", "1 to 16 server names");
    }
    Rule rule = rule(spec);
    spec.end();
    return new TlsRouteSpec(parents, hostnames, rule.name(), rule.backends());
  }

  static TcpRouteSpec tcp(Fields spec) {
    List<ParentRef> parents = RouteRefsReader.parents(spec, false);
    Rule rule = rule(spec);
    spec.end();
    return new TcpRouteSpec(parents, rule.name(), rule.backends());
  }

  private static Rule rule(Fields spec) {
    List<Rule> rules = new ArrayList<>();
    for (Fields item : spec.mappings("rules", 1, 1, "one rule")) {
      String name = item.text("name", Syntax.DNS_NAME);
      List<BackendRef> backends = RouteRefsReader.backends(item, Set.of());
      if (backends.isEmpty()) {
        item.wrong("backendRefs", "none", "1 to 16 Services");
      }
      item.end();
      rules.add(new Rule(name, backends));
    }
    return rules.isEmpty() ? new Rule("", List.of()) : rules.getFirst();
  }
}
