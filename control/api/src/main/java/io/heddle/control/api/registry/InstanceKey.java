package io.heddle.control.api.registry;

import java.util.Comparator;

/** Names one instance. */
public record InstanceKey(String namespace, String service, String instance)
    implements Comparable<InstanceKey> {
  private static final Comparator<InstanceKey> ORDER =
      Comparator.comparing(InstanceKey::namespace)
          .thenComparing(InstanceKey::service)
          .thenComparing(InstanceKey::instance);

  public ServiceKey serviceKey() {
    return new ServiceKey(namespace, service);
  }

  @Override
  public int compareTo(InstanceKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return namespace + "/" + service + "/" + instance;
  }
}
