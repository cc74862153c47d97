package io.heddle.control.api.document;

import io.heddle.control.api.resource.ServiceSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the spec of a {@code Service}. */
final class ServiceReader {
  private static final Syntax APP_PROTOCOL =
      Syntax.matching(
          "one of " + String.join(", ", ServiceSpec.Port.PROTOCOLS),
          String.join("|", ServiceSpec.Port.PROTOCOLS),
          32);

  private ServiceReader() {}

  static ServiceSpec read(Fields spec) {
    Map<String, String> selector =
        spec.textMap("selector", 64, Syntax.LABEL_NAME, Syntax.LABEL_VALUE);
    String type = spec.text("type", Syntax.ANY);
    if (!type.isEmpty() && !type.equals("ClusterIP")) {
      spec.wrong("type", Problems.quote(type) + " is not supported", "ClusterIP, or left out");
    }
    List<ServiceSpec.Port> ports = ports(spec);
    spec.notYet(
        "clusterIP",
        "clusterIPs",
        "externalIPs",
        "externalName",
        "externalTrafficPolicy",
        "healthCheckNodePort",
        "internalTrafficPolicy",
        "ipFamilies",
        "ipFamilyPolicy",
        "loadBalancerClass",
        "loadBalancerIP",
        "loadBalancerSourceRanges",
        "allocateLoadBalancerNodePorts",
        "publishNotReadyAddresses",
        "sessionAffinity",
        "sessionAffinityConfig",
        "trafficDistribution");
    spec.end();
    return new ServiceSpec(selector, ports);
  }

  private static List<ServiceSpec.Port> ports(Fields spec) {
    List<Fields> items = spec.mappings("ports", 1, 64, "at least one port");
    List<ServiceSpec.Port> ports = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<Integer> numbers = new HashSet<>();
    for (Fields item : items) {
      String name = item.text("name", Syntax.DNS_LABEL);
      int port = item.requiredInteger("port", 1, 65_535);
      String protocol = item.text("protocol", Syntax.ANY);
      if (!protocol.isEmpty() && !protocol.equals("TCP")) {
        item.wrong("protocol", Problems.quote(protocol) + " is not supported", "TCP, or left out");
      }
      String appProtocol = item.text("appProtocol", APP_PROTOCOL);
      item.notYet("targetPort", "nodePort");
      item.end();
      if (name.isEmpty() && items.size() > 1) {
        item.wrong("name", "missing", "a name, as there are several ports");
      }
      if (!name.isEmpty() && !names.add(name)) {
        item.wrong("name", Problems.quote(name) + " stands twice", "unique names");
      }
      if (item.states("port") && !numbers.add(port)) {
        item.wrong("port", port + " stands twice", "unique ports");
      }
      ports.add(new ServiceSpec.Port(name, port, appProtocol));
    }
    return ports;
  }
}
