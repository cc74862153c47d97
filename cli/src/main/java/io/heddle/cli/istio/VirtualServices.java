package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns a VirtualService into routes: of Gateways, of Services (its {@code mesh}), or both. */
final class VirtualServices {
  private static final String MESH = "mesh";

  private final Objects objects;
  private final Notes notes;

  VirtualServices(Objects objects, Notes notes) {
    this.objects = objects;
    this.notes = notes;
  }

  void read(Source spec, String name, String namespace, Backends backends) {
    List<String> hosts = spec.texts("hosts");
    List<String> gateways = spec.texts("gateways");
    spec.leave("exportTo", "a route is seen by all that its parents are seen by");
    ArrayNode ofGateways = JsonNodeFactory.instance.arrayNode();
    for (String gateway : gateways) {
      if (!gateway.equals(MESH)) {
        parent(gateway, namespace, ofGateways);
      }
    }
    boolean mesh = gateways.isEmpty() || gateways.contains(MESH);
    ArrayNode ofServices = JsonNodeFactory.instance.arrayNode();
    if (mesh) {
      services(spec, hosts, namespace, ofServices, ofGateways.isEmpty());
    }
    List<Source> http = spec.objects("http");
    if (!http.isEmpty()) {
      ArrayNode rules = new HttpRules(backends, notes).read(http);
      if (rules.isEmpty()) {
        notes.leftOut(spec.where("http"), "no rule is left of it");
      } else {
        String from = spec.where("http");
        if (!ofGateways.isEmpty()) {
          ObjectNode route = Objects.begin(Kind.HTTP_ROUTE, name, namespace);
          ObjectNode body = route.putObject("spec");
          body.set("parentRefs", ofGateways);
          hostnames(hosts, body);
          body.set("rules", rules);
          objects.add(route, from);
        }
        if (!ofServices.isEmpty()) {
          String own = ofGateways.isEmpty() ? name : name + "-mesh";
          ObjectNode route = Objects.begin(Kind.HTTP_ROUTE, own, namespace);
          route.putObject("spec").set("parentRefs", ofServices);
          route.withObject("spec").set("rules", rules.deepCopy());
          objects.add(route, from);
        }
      }
    }
    streams(spec, "tls", Kind.TLS_ROUTE, name, namespace, ofGateways, backends, mesh);
    streams(spec, "tcp", Kind.TCP_ROUTE, name, namespace, ofGateways, backends, mesh);
    spec.end();
  }

  private static void parent(String gateway, String namespace, ArrayNode into) {
    int slash = gateway.indexOf('/');
    ObjectNode parent = into.addObject().put("kind", "Gateway");
    parent.put("name", gateway.substring(slash + 1));
    String of = slash > 0 ? gateway.substring(0, slash) : namespace;
    if (!of.equals(namespace) && !of.equals(".")) {
      parent.put("namespace", of);
    }
  }

  private static void services(
      Source spec, List<String> hosts, String namespace, ArrayNode into, boolean alone) {
    for (String host : hosts) {
      Optional<Hosts.Service> service = Hosts.service(host, namespace);
      if (service.isPresent()) {
        ObjectNode parent =
            into.addObject()
                .put("group", "")
                .put("kind", "Service")
                .put("name", service.get().name());
        if (!service.get().namespace().equals(namespace)) {
          parent.put("namespace", service.get().namespace());
        }
      } else if (alone) {
        spec.changed("hosts", "\"" + host + "\" is no Service: sidecars do not route it");
      }
    }
  }

  private static void hostnames(List<String> hosts, ObjectNode spec) {
    if (hosts.contains("*")) {
      return; // every host, which is said by saying none
    }
    hosts.forEach(spec.withArray("hostnames")::add);
  }

  private void streams(
      Source spec,
      String field,
      Kind kind,
      String name,
      String namespace,
      ArrayNode gateways,
      Backends backends,
      boolean mesh) {
    List<Source> routes = spec.objects(field);
    if (gateways.isEmpty()) {
      spec.leave(field, "a " + kind.kindName() + " attaches to Gateways only");
      return;
    }
    if (mesh && !routes.isEmpty()) {
      spec.changed(field, "counts at the Gateways only, not between Services");
    }
    for (int i = 0; i < routes.size(); i++) {
      Source route = routes.get(i);
      ObjectNode object =
          Objects.begin(kind, routes.size() == 1 ? name : name + "-" + i, namespace);
      ObjectNode body = object.putObject("spec");
      ArrayNode parents = body.putArray("parentRefs");
      List<Integer> ports = new ArrayList<>();
      for (Source match : route.objects("match")) {
        if (kind == Kind.TLS_ROUTE) {
          match.texts("sniHosts").forEach(body.withArray("hostnames")::add);
        }
        int port = match.number("port", 0);
        if (port > 0) {
          ports.add(port);
        }
        match.end();
      }
      for (int port : ports.isEmpty() ? List.of(0) : ports.stream().distinct().toList()) {
        gateways.forEach(gateway -> {
          ObjectNode parent = gateway.deepCopy();
          if (port > 0) {
            parent.put("port", port);
          }
          parents.add(parent);
        });
      }
      ArrayNode refs = JsonNodeFactory.instance.arrayNode();
      backends.weighted(route, refs);
      body.putArray("rules").addObject().set("backendRefs", refs);
      route.end();
      objects.add(object, route.where(""));
    }
  }
}
