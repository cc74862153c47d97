package io.heddle.control.api.resource;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An instance that is declared instead of registering itself: a machine without a sidecar.
 *
 * @param address an IP address or a host name
 * @param ports service port name to the number that the instance listens on; none where the group
 *     says them
 * @param labels what {@link ServiceSpec#selector()} matches, beside {@link
 *     ServiceSpec#SERVICE_LABEL}
 * @param service the service that it is an instance of; empty where the group says it
 * @param weight its share of the traffic relative to its peers, 1 to 128; 1 unless stated; zero
 *     where the group says it
 * @param group a WorkloadGroup of the namespace, or empty
 */
public record WorkloadEntrySpec(
    String address,
    Map<String, Integer> ports,
    Map<String, String> labels,
    String service,
    int weight,
    Locality locality,
    String group)
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

  /** The entry with what its group says where it says nothing itself. */
  public WorkloadEntrySpec completedBy(WorkloadGroupSpec common) {
    Map<String, String> all = new TreeMap<>(common.labels());
    all.putAll(labels);
    return new WorkloadEntrySpec(
        address,
        ports.isEmpty() ? common.ports() : ports,
        all,
        service.isEmpty() ? common.service() : service,
        weight == 0 ? Math.max(1, common.weight()) : weight,
        locality.equals(Locality.UNKNOWN) ? common.locality() : locality,
        group);
  }

  /** The entry with what its group says, where it has one and that is among these objects. */
  public WorkloadEntrySpec completedFrom(String namespace, Map<ObjectKey, ResourceObject> objects) {
    if (group.isEmpty()) {
      return this;
    }
    ResourceObject common = objects.get(new ObjectKey(Kind.WORKLOAD_GROUP, namespace, group));
    return common != null && common.spec() instanceof WorkloadGroupSpec spec
        ? completedBy(spec)
        : this;
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
