package io.heddle.cli.istio;

import io.heddle.control.api.resource.ServiceSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which Service a host of Istio means, and which ports the Services of the documents have. */
final class Hosts {
  /** A Service by its place. */
  record Service(String namespace, String name) {}

  private final Map<Service, Set<Integer>> ports = new LinkedHashMap<>();
  private final Map<Service, Map<String, String>> selectors = new LinkedHashMap<>();

  /** Takes note of a Service that stands among the documents. */
  void add(Service service, Set<Integer> itsPorts, Map<String, String> selector) {
    ports.put(service, Set.copyOf(itsPorts));
    selectors.put(service, selector);
  }

  /** What picks the instances of a Service; that of our registry where nothing is known of it. */
  Map<String, String> selector(Service service) {
    Map<String, String> known = selectors.getOrDefault(service, Map.of());
    return known.isEmpty() ? Map.of(ServiceSpec.SERVICE_LABEL, service.name()) : known;
  }

  /** The only port of a Service that stands among the documents; zero where that cannot be told. */
  int onlyPort(Service service) {
    Set<Integer> known = ports.getOrDefault(service, Set.of());
    return known.size() == 1 ? known.iterator().next() : 0;
  }

  /** A short name, or {@code name.namespace.svc} with any domain behind it. */
  static Optional<Service> service(String host, String namespace) {
    String[] labels = host.split("\\.", -1);
    for (String label : labels) {
      if (!label.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
        return Optional.empty();
      }
    }
    if (labels.length == 1) {
      return Optional.of(new Service(namespace, labels[0]));
    }
    boolean inCluster = labels.length > 2 && labels[2].equals("svc");
    return inCluster ? Optional.of(new Service(labels[1], labels[0])) : Optional.empty();
  }
}
