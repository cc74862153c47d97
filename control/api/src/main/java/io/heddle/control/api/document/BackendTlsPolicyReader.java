package io.heddle.control.api.document;

import io.heddle.control.api.resource.BackendTlsPolicySpec;
import io.heddle.control.api.resource.BackendTlsPolicySpec.AltName;
import io.heddle.control.api.resource.BackendTlsPolicySpec.Target;
import io.heddle.control.api.resource.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Reads the spec of a {@code BackendTLSPolicy}. */
final class BackendTlsPolicyReader {
  private static final Syntax URI =
      Syntax.matching("an absolute URI", "[A-Za-z][A-Za-z0-9+.-]*://[^\\s]+", 253);
  private static final Map<String, Function<Fields, AltName>> NAMES = names();

  private BackendTlsPolicyReader() {}

  private static Map<String, Function<Fields, AltName>> names() {
    Map<String, Function<Fields, AltName>> forms = new TreeMap<>();
    forms.put(
        "Hostname",
        item -> new AltName(false, item.neededText("hostname", Syntax.WILDCARD_HOSTNAME)));
    forms.put("URI", item -> new AltName(true, item.neededText("uri", URI)));
    return forms;
  }

  static BackendTlsPolicySpec read(Fields spec) {
    List<Target> targets = new ArrayList<>();
    for (Fields item : spec.mappings("targetRefs", 1, 16, "at least one Service")) {
      kind(item, Kind.SERVICE);
      Target target =
          new Target(
              item.requiredText("name", Syntax.DNS_LABEL),
              item.text("sectionName", Syntax.DNS_LABEL));
      item.end();
      if (targets.contains(target)) {
        item.wrong("name", "the same target stands twice", "unique targets");
      }
      targets.add(target);
    }
    Fields validation = spec.requiredMapping("validation", "authorities and a hostname");
    List<String> authorities = new ArrayList<>();
    for (Fields item :
        validation.mappings("caCertificateRefs", 1, 8, "at least one ConfigMap with ca.crt")) {
      kind(item, Kind.CONFIG_MAP);
      authorities.add(item.requiredText("name", Syntax.DNS_NAME));
      item.end();
    }
    String hostname = validation.requiredText("hostname", Syntax.HOSTNAME);
    List<AltName> names = new ArrayList<>();
    for (Fields item : validation.mappings("subjectAltNames", 5)) {
      item.variant("type", NAMES).ifPresent(names::add);
      item.end();
    }
    validation.notYet("wellKnownCACertificates");
    validation.end();
    spec.notYet("options");
    spec.end();
    return new BackendTlsPolicySpec(targets, authorities, hostname, names);
  }

  private static void kind(Fields item, Kind kind) {
    if (!item.has("kind")) {
      item.wrong("kind", "missing", kind.kindName());
    }
    item.choice("kind", Map.of(kind.kindName(), kind), kind);
    RouteRefsReader.group(item, kind);
  }
}
