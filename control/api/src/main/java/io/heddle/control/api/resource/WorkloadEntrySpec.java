package io.heddle.control.api.resource;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An instance that is declared instead of registering itself: a machine without a sidecar.
 *
 * @param address an IP address or a host name
 * @param ports service port name to the number that the instance listens on; at least one
 * @param labels what {@link ServiceSpec#selector()} matches, beside {@link
 *     ServiceSpec#SERVICE_LABEL}
 * @param service the service that it is an instance of
 * @param weight its share of the traffic relative to its peers, 1 to 128; 1 unless stated
 */
public record WorkloadEntrySpec(
    String address,
    Map<String, Integer> ports,
    Map<String, String> labels,
    String service,
    int weight,
    Locality locality)
    implements Spec {
  public WorkloadEntrySpec {
    ports = Ordered.copy(ports);
    ports.values().forEach(port -> Ports.check("ports", port));
    labels = Ordered.copy(labels);
  }

  @Override
  public Kind kind() {
    return Kind.WORKLOAD_ENTRY;
  }

  /** The labels that selectors see. */
  public Map<String, String> effectiveLabels() {
    Map<String, String> all = new TreeMap<>(labels);
    all.put(ServiceSpec.SERVICE_LABEL, service);
    return all;
  }

  /** The port for a service port of this name; the only port when the names do not meet; else 0. */
  public int portFor(String servicePortName) {
    Integer named = ports.get(servicePortName);
    if (named != null) {
      return named;
    }
    return ports.size() == 1 ? List.copyOf(ports.values()).getFirst() : 0;
  }
}
