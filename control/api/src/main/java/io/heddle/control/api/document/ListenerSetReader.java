package io.heddle.control.api.document;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ListenerSetSpec;
import java.util.List;
import java.util.Map;

/** Reads the spec of a {@code ListenerSet}. */
final class ListenerSetReader {
  private ListenerSetReader() {}

  static ListenerSetSpec read(Fields spec) {
    Fields parent = spec.requiredMapping("parentRef", "the Gateway to add listeners to");
    Kind kind = parent.choice("kind", Map.of(Kind.GATEWAY.kindName(), Kind.GATEWAY), Kind.GATEWAY);
    RouteRefsReader.group(parent, kind);
    String namespace = parent.text("namespace", Syntax.DNS_LABEL);
    String name = parent.requiredText("name", Syntax.DNS_NAME);
    parent.end();
    List<GatewaySpec.Listener> listeners = ListenersReader.read(spec);
    spec.end();
    return new ListenerSetSpec(namespace, name, listeners);
  }
}
