package io.heddle.control.api.resource;

import java.util.List;

/**
 * What the control plane found out about an object. Derived, never stored with it.
 *
 * @param observedGeneration the generation that it speaks about; zero: nothing said yet
 */
public record ObjectStatus(long observedGeneration, List<Condition> conditions, ProxySync proxies) {
  public static final ObjectStatus NONE = new ObjectStatus(0, List.of(), ProxySync.NONE);

  public ObjectStatus {
    conditions = List.copyOf(conditions);
  }
}
