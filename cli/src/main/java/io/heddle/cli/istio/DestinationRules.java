package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.resource.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns a DestinationRule into policies of its Service, and each subset into a Service of its own
 * with the same policies or those of the subset.
 */
final class DestinationRules {
  private final Objects objects;
  private final Hosts hosts;
  private final Map<Backends.Subset, Set<Integer>> used;

  DestinationRules(Objects objects, Hosts hosts, Map<Backends.Subset, Set<Integer>> used) {
    this.objects = objects;
    this.hosts = hosts;
    this.used = used;
  }

  void read(Source spec, String name, String namespace) {
    String host = spec.text("host");
    Optional<Hosts.Service> service = Hosts.service(host, namespace);
    if (service.isEmpty() || !service.get().namespace().equals(namespace)) {
      spec.leave(
          "host",
          service.isEmpty()
              ? "\"" + host + "\" is no Service: there is nothing to be said of it"
              : "a policy stands in its Service's namespace, " + service.get().namespace());
      return;
    }
    spec.leave("exportTo", "what a policy says of a Service counts for all that call it");
    spec.leave("workloadSelector", "what a policy says of a Service counts for all that call it");
    ObjectNode policy = JsonNodeFactory.instance.objectNode();
    ObjectNode tls = JsonNodeFactory.instance.objectNode();
    TrafficPolicies.read(spec.object("trafficPolicy"), policy, tls);
    List<String> alike = new ArrayList<>(List.of(service.get().name()));
    for (Source subset : spec.objects("subsets")) {
      String own = subset(subset, service.get());
      if (!subset.has("trafficPolicy")) {
        alike.add(own);
        subset.end();
        continue;
      }
      ObjectNode itsPolicy = policy.deepCopy();
      ObjectNode itsTls = tls.deepCopy();
      TrafficPolicies.read(subset.object("trafficPolicy"), itsPolicy, itsTls);
      subset.end();
      String policyName = name + "-" + own.substring(service.get().name().length() + 1);
      policies(policyName, namespace, List.of(own), itsPolicy, itsTls, subset.where(""));
    }
    policies(name, namespace, alike, policy, tls, spec.where("trafficPolicy"));
    spec.end();
  }

  /** Makes the Service of a subset, and says its name. */
  private String subset(Source subset, Hosts.Service of) {
    Backends.Subset meant = new Backends.Subset(of, subset.text("name"));
    String name = meant.service().name();
    ObjectNode object = Objects.begin(Kind.SERVICE, name, of.namespace());
    ObjectNode spec = object.putObject("spec");
    ObjectNode selector = spec.putObject("selector");
    hosts.selector(of).forEach(selector::put);
    subset.textMap("labels").forEach(selector::put);
    int only = hosts.onlyPort(of);
    Set<Integer> ports = used.getOrDefault(meant, Set.of(only > 0 ? only : 80));
    for (int port : ports) {
      ObjectNode item = spec.withArray("ports").addObject();
      if (ports.size() > 1) {
        item.put("name", "port-" + port);
      }
      item.put("port", port);
    }
    objects.add(object, subset.where(""));
    return name;
  }

  private void policies(
      String name,
      String namespace,
      List<String> services,
      ObjectNode policy,
      ObjectNode tls,
      String from) {
    if (!policy.isEmpty()) {
      ObjectNode object = Objects.begin(Kind.BACKEND_TRAFFIC_POLICY, name, namespace);
      ObjectNode spec = object.putObject("spec");
      targets(spec, services);
      spec.setAll(policy);
      objects.add(object, from);
    }
    if (!tls.isEmpty()) {
      ObjectNode object = Objects.begin(Kind.BACKEND_TLS_POLICY, name, namespace);
      ObjectNode spec = object.putObject("spec");
      targets(spec, services);
      spec.set("validation", tls);
      objects.add(object, from);
    }
  }

  private static void targets(ObjectNode spec, List<String> services) {
    for (String service : services) {
      spec.withArray("targetRefs")
          .addObject()
          .put("group", "")
          .put("kind", "Service")
          .put("name", service);
    }
  }
}
