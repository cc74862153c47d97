package io.heddle.control.api.document;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ReferenceGrantSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the spec of a {@code ReferenceGrant}. */
final class ReferenceGrantReader {
  private static final Map<String, Kind> FROM =
      named(
          Kind.HTTP_ROUTE,
          Kind.GRPC_ROUTE,
          Kind.TLS_ROUTE,
          Kind.TCP_ROUTE,
          Kind.GATEWAY,
          Kind.LISTENER_SET);
  private static final Map<String, Kind> TO = named(Kind.SERVICE, Kind.SECRET);

  private ReferenceGrantReader() {}

  private static Map<String, Kind> named(Kind... kinds) {
    Map<String, Kind> all = new LinkedHashMap<>();
    for (Kind kind : kinds) {
      all.put(kind.kindName(), kind);
    }
    return all;
  }

  static ReferenceGrantSpec read(Fields spec) {
    List<ReferenceGrantSpec.From> from = new ArrayList<>();
    for (Fields item : spec.mappings("from", 1, 16, "at least one kind and namespace")) {
      Kind kind = kind(item, FROM);
      from.add(new ReferenceGrantSpec.From(kind, item.requiredText("namespace", Syntax.DNS_LABEL)));
      item.end();
    }
    List<ReferenceGrantSpec.To> to = new ArrayList<>();
    for (Fields item : spec.mappings("to", 1, 16, "at least one kind")) {
      Kind kind = kind(item, TO);
      to.add(new ReferenceGrantSpec.To(kind, item.text("name", Syntax.DNS_NAME)));
      item.end();
    }
    spec.end();
    return new ReferenceGrantSpec(from, to);
  }

  private static Kind kind(Fields item, Map<String, Kind> kinds) {
    if (!item.has("kind")) {
      item.wrong("kind", "missing", "one of " + String.join(", ", kinds.keySet()));
    }
    Kind kind = item.choice("kind", kinds, kinds.values().iterator().next());
    if (!item.has("group")) {
      item.wrong("group", "missing", Problems.quote(kind.group()));
    }
    RouteRefsReader.group(item, kind);
    return kind;
  }
}
