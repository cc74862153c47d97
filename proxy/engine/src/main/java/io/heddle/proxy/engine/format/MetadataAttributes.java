package io.heddle.proxy.engine.format;

import com.google.protobuf.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Metadata as expressions see it: maps, lists and plain values. Stateless. */
final class MetadataAttributes {
  private MetadataAttributes() {}

  /** Metadata by namespace. */
  interface Source {
    @Nullable Value value(String namespace, List<String> path);
  }

  /** They list nothing, and are asked by name. */
  static Map<String, Object> of(Source of) {
    return new AttributeMap(
        Set::of,
        namespace -> {
          Value value = of.value(namespace, List.of());
          return value == null ? null : plain(value);
        });
  }

  private static @Nullable Object plain(Value value) {
    return switch (value.getKindCase()) {
      case NULL_VALUE, KIND_NOT_SET -> null;
      case BOOL_VALUE -> value.getBoolValue();
      case NUMBER_VALUE -> value.getNumberValue();
      case STRING_VALUE -> value.getStringValue();
      case LIST_VALUE -> {
        List<Object> list = new ArrayList<>();
        for (Value item : value.getListValue().getValuesList()) {
          Object plain = plain(item);
          if (plain != null) {
            list.add(plain);
          }
        }
        yield list;
      }
      case STRUCT_VALUE -> {
        Map<String, Object> fields = new LinkedHashMap<>();
        value
            .getStructValue()
            .getFieldsMap()
            .forEach((key, item) -> {
              Object plain = plain(item);
              if (plain != null) {
                fields.put(key, plain);
              }
            });
        yield fields;
      }
    };
  }
}
