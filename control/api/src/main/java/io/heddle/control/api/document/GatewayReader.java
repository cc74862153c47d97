package io.heddle.control.api.document;

import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Reads the spec of a {@code Gateway}. */
final class GatewayReader {
  private static final Map<String, GatewaySpec.AddressType> ADDRESS_TYPES =
      Map.of(
          GatewaySpec.AddressType.IP_ADDRESS.text(), GatewaySpec.AddressType.IP_ADDRESS,
          GatewaySpec.AddressType.HOSTNAME.text(), GatewaySpec.AddressType.HOSTNAME);
  private static final Map<String, GatewaySpec.RoutesFrom> ROUTES_FROM = routesFrom();

  private GatewayReader() {}

  private static Map<String, GatewaySpec.RoutesFrom> routesFrom() {
    Map<String, GatewaySpec.RoutesFrom> all = new TreeMap<>();
    for (GatewaySpec.RoutesFrom from : GatewaySpec.RoutesFrom.values()) {
      all.put(from.text(), from);
    }
    return all;
  }

  static GatewaySpec read(Fields spec) {
    String className = spec.requiredText("gatewayClassName", Syntax.DNS_NAME);
    List<GatewaySpec.Listener> listeners = listeners(spec);
    List<GatewaySpec.Address> addresses = new ArrayList<>();
    for (Fields item : spec.mappings("addresses", 16)) {
      GatewaySpec.AddressType type =
          item.choice("type", ADDRESS_TYPES, GatewaySpec.AddressType.IP_ADDRESS);
      Syntax syntax =
          type == GatewaySpec.AddressType.IP_ADDRESS ? Syntax.IP_ADDRESS : Syntax.HOSTNAME;
      addresses.add(new GatewaySpec.Address(type, item.requiredText("value", syntax)));
      item.end();
    }
    spec.notYet("infrastructure", "tls", "backendTLS", "allowedListeners", "defaultScope");
    spec.end();
    return new GatewaySpec(className, listeners, addresses);
  }

  private static List<GatewaySpec.Listener> listeners(Fields spec) {
    List<Fields> items = spec.mappings("listeners", 64);
    if (items.isEmpty()) {
      spec.wrong("listeners", "none", "at least one listener");
    }
    List<GatewaySpec.Listener> listeners = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> places = new HashSet<>();
    for (Fields item : items) {
      String name = item.requiredText("name", Syntax.DNS_NAME);
      String hostname = item.text("hostname", Syntax.WILDCARD_HOSTNAME);
      int port = item.requiredInteger("port", 1, 65_535);
      String protocol = item.requiredText("protocol", Syntax.ANY);
      if (item.has("protocol") && !protocol.equals("HTTP")) {
        item.wrong("protocol", Problems.quote(protocol) + " is not supported yet", "HTTP");
      }
      GatewaySpec.RoutesFrom from = routesFrom(item.mapping("allowedRoutes"));
      item.notYet("tls");
      item.end();
      if (item.has("name") && !names.add(name)) {
        item.wrong("name", Problems.quote(name) + " stands twice", "unique names");
      }
      if (item.has("port") && !places.add(port + " " + hostname)) {
        item.wrong(
            "port",
            port + " with the same protocol and hostname stands twice",
            "unique port, protocol and hostname");
      }
      listeners.add(
          new GatewaySpec.Listener(name, hostname, port, GatewaySpec.Protocol.HTTP, from));
    }
    return listeners;
  }

  private static GatewaySpec.RoutesFrom routesFrom(Fields allowed) {
    Fields namespaces = allowed.mapping("namespaces");
    GatewaySpec.RoutesFrom from =
        namespaces.choice("from", ROUTES_FROM, GatewaySpec.RoutesFrom.SAME);
    namespaces.notYet("selector");
    namespaces.end();
    for (Fields kind : allowed.mappings("kinds", 8)) {
      String group = kind.text("group", Syntax.ANY);
      String name = kind.requiredText("kind", Syntax.ANY);
      if ((kind.has("group") && !group.equals(Kind.HTTP_ROUTE.group()))
          || !name.equals(Kind.HTTP_ROUTE.kindName())) {
        kind.wrong("kind", Problems.quote(name) + " is not supported yet", "HTTPRoute");
      }
      kind.end();
    }
    allowed.end();
    return from;
  }
}
