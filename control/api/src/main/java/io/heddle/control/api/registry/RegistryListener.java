package io.heddle.control.api.registry;

import java.util.List;
import java.util.Map;

/** Hears of changes, on the registry's dispatcher thread. */
public interface RegistryListener {
  /** The services that changed, each with all of its instances now; none left is an empty list. */
  void onChange(Map<ServiceKey, List<RegisteredInstance>> changed);

  /** A mass expiry is held back, or no longer. */
  default void onIsolation(Isolation isolation) {}
}
