package io.heddle.proxy.api;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.Map;
import java.util.Optional;

/**
 * Metadata by namespace (usually a filter's name) and key, in Envoy's form. Owned by the event
 * loop.
 */
public interface DynamicMetadata {
  /** Sets one field of a namespace. */
  void put(String namespace, String key, Value value);

  /** The fields of a namespace. */
  Optional<Struct> get(String namespace);

  /** All namespaces with their fields. */
  default Map<String, Struct> all() {
    return Map.of();
  }
}
