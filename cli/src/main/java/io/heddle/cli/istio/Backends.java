package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Turns destinations into references to Services. A subset is a Service of its own here, which the
 * {@code DestinationRule} that defines it makes.
 */
final class Backends {
  private static final int DEFAULT_PORT = 80;

  /** A subset of a host, by which a destination means it. */
  record Subset(Hosts.Service host, String name) {
    Hosts.Service service() {
      return new Hosts.Service(host.namespace(), host.name() + "-" + name);
    }
  }

  private final String namespace;
  private final Hosts hosts;
  private final Set<Subset> defined;
  private final BiConsumer<Subset, Integer> used;

  /**
   * @param namespace of the object that is read
   * @param used is told each subset that is referred to, and by which port
   */
  Backends(String namespace, Hosts hosts, Set<Subset> defined, BiConsumer<Subset, Integer> used) {
    this.namespace = namespace;
    this.hosts = hosts;
    this.defined = defined;
    this.used = used;
  }

  /** {@code route}: the backends with their weights. */
  void weighted(Source holder, ArrayNode into) {
    List<Source> routes = holder.objects("route");
    for (Source route : routes) {
      ObjectNode backend = into.objectNode();
      boolean known = reference(route.object("destination"), backend);
      if (routes.size() > 1) {
        backend.put("weight", route.number("weight", 0));
      } else {
        route.ignore("weight");
      }
      headers(route, backend);
      route.end();
      if (known) {
        into.add(backend);
      }
    }
  }

  /** {@code headers}, as the filters of what holds them. */
  static void headers(Source holder, ObjectNode into) {
    Source headers = holder.object("headers");
    modifier(headers.object("request"), "RequestHeaderModifier", "requestHeaderModifier", into);
    modifier(headers.object("response"), "ResponseHeaderModifier", "responseHeaderModifier", into);
    headers.end();
  }

  private static void modifier(Source from, String type, String field, ObjectNode into) {
    ObjectNode body = into.objectNode();
    for (String change : List.of("set", "add")) {
      for (Map.Entry<String, String> header : from.textMap(change).entrySet()) {
        if (header.getKey().equalsIgnoreCase("host") || header.getKey().equals(":authority")) {
          from.changed(change, "the host is no header here; use `rewrite.authority` instead");
          continue;
        }
        if (header.getValue().contains("%")) {
          from.changed(change, "\"%\" in " + header.getKey() + " is sent as it stands");
        }
        body.withArray(change)
            .addObject()
            .put("name", header.getKey())
            .put("value", header.getValue());
      }
    }
    for (String name : from.texts("remove")) {
      body.withArray("remove").add(name);
    }
    from.end();
    if (!body.isEmpty()) {
      into.withArray("filters").addObject().put("type", type).set(field, body);
    }
  }

  /** One destination; false, and reported, where it is no Service. */
  boolean reference(Source destination, ObjectNode backend) {
    String host = destination.text("host");
    Optional<Hosts.Service> service = Hosts.service(host, namespace);
    if (service.isEmpty()) {
      destination.leave("host", "\"" + host + "\" is outside of the mesh (expected: a Service)");
      destination.ignore("subset", "port");
      return false;
    }
    int port = port(destination, service.get());
    Hosts.Service target = service.get();
    String subset = destination.text("subset");
    if (!subset.isEmpty()) {
      Subset meant = new Subset(service.get(), subset);
      target = meant.service();
      if (defined.contains(meant)) {
        used.accept(meant, port);
      } else {
        destination.changed(
            "subset",
            "no DestinationRule of these files defines it: the Service "
                + target.name()
                + " has to be made");
      }
    }
    destination.end();
    backend.put("name", target.name());
    if (!target.namespace().equals(namespace)) {
      backend.put("namespace", target.namespace());
    }
    backend.put("port", port);
    return true;
  }

  private int port(Source destination, Hosts.Service service) {
    Source port = destination.object("port");
    int number = port.number("number", 0);
    port.end();
    if (number > 0) {
      return number;
    }
    int only = hosts.onlyPort(service);
    if (only > 0) {
      return only;
    }
    destination.changed(
        "port",
        "is not said, and no Service of these files says it: " + DEFAULT_PORT + " was taken");
    return DEFAULT_PORT;
  }
}
