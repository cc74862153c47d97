package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.ResourceType;
import java.util.Set;

/** Where the names that are wanted are told. */
@FunctionalInterface
public interface Subscriber {
  /** Replaces the subscription to a type. */
  void subscribe(ResourceType type, Set<String> names);
}
