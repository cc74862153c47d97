package io.heddle.control.api.registry;

import java.util.Comparator;

/** A service name that instances register under. */
public record ServiceKey(String namespace, String service) implements Comparable<ServiceKey> {
  private static final Comparator<ServiceKey> ORDER =
      Comparator.comparing(ServiceKey::namespace).thenComparing(ServiceKey::service);

  @Override
  public int compareTo(ServiceKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return namespace + "/" + service;
  }
}
