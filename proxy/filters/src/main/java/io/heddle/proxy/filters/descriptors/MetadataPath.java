package io.heddle.proxy.filters.descriptors;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.filters.config.SetFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a value of metadata is ({@code envoy.type.metadata.v3.MetadataKey}).
 *
 * @param path names of fields, each within the one before
 */
record MetadataPath(String namespace, List<String> path) {
  private static final int DEEPEST = 32;

  static MetadataPath of(MetadataKey key, String at) throws FilterConfigException {
    if (key.getKey().isEmpty()) {
      throw new FilterConfigException(SetFields.at(at, "key"), "", "not empty");
    }
    if (key.getPathCount() == 0 || key.getPathCount() > DEEPEST) {
      throw new FilterConfigException(
          SetFields.at(at, "path"), key.getPathCount() + " segments", "1 to " + DEEPEST);
    }
    List<String> path = new ArrayList<>(key.getPathCount());
    for (int i = 0; i < key.getPathCount(); i++) {
      String segment = key.getPath(i).getKey();
      if (segment.isEmpty()) {
        throw new FilterConfigException(SetFields.at(at, "path", i) + ".key", "", "not empty");
      }
      path.add(segment);
    }
    return new MetadataPath(key.getKey(), List.copyOf(path));
  }

  Optional<Value> find(DynamicMetadata metadata) {
    Optional<Struct> fields = metadata.get(namespace);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    Struct at = fields.get();
    for (int i = 0; i < path.size() - 1; i++) {
      Value inner = at.getFieldsOrDefault(path.get(i), Value.getDefaultInstance());
      if (!inner.hasStructValue()) {
        return Optional.empty();
      }
      at = inner.getStructValue();
    }
    return Optional.ofNullable(at.getFieldsMap().get(path.getLast()));
  }
}
