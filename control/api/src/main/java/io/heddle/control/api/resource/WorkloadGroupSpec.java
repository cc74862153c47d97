package io.heddle.control.api.resource;

import java.util.Map;

/**
 * What machines of a kind have in common: an entry that names the group takes from it what it does
 * not say itself.
 *
 * @param labels for all entries; an entry's own go before
 * @param service empty: the entries say it
 * @param ports empty: the entries say them
 * @param weight zero: 1
 */
public record WorkloadGroupSpec(
    Map<String, String> labels,
    String service,
    Map<String, Integer> ports,
    int weight,
    Locality locality)
    implements Spec {
  public WorkloadGroupSpec {
    labels = Ordered.copy(labels);
    ports = Ordered.copy(ports);
    ports.values().forEach(port -> Ports.check("ports", port));
  }

  @Override
  public Kind kind() {
    return Kind.WORKLOAD_GROUP;
  }
}
