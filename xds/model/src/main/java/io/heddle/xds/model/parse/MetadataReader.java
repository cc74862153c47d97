package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.heddle.xds.model.StructValue;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads what a resource says of itself, by namespace. */
final class MetadataReader {
  private MetadataReader() {}

  static Map<String, StructValue.Fields> read(boolean set, Metadata metadata, Findings findings) {
    if (!set) {
      return Map.of();
    }
    Map<String, StructValue.Fields> read = new LinkedHashMap<>();
    findings
        .map("filter_metadata", metadata::getFilterMetadataMap)
        .forEach((namespace, struct) -> read.put(namespace, StructValue.of(struct)));
    return read;
  }
}
