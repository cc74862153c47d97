package io.heddle.xds.model;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of {@code google.protobuf.Struct}, immutable and free of protobuf. */
public sealed interface StructValue {

  /** The null of JSON. */
  enum Null implements StructValue {
    NULL
  }

  record Text(String value) implements StructValue {}

  record Numeric(double value) implements StructValue {}

  record Bool(boolean value) implements StructValue {}

  record Items(List<StructValue> values) implements StructValue {
    public Items {
      values = List.copyOf(values);
    }
  }

  /** An object; its fields keep the order in which they were written. */
  record Fields(Map<String, StructValue> values) implements StructValue {
    public Fields {
      values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }
  }

  /** The object without fields. */
  Fields EMPTY = new Fields(Map.of());

  /** Copies a struct. Protobuf's own parser bounds how deep it can be. */
  static Fields of(Struct struct) {
    Map<String, StructValue> values = new LinkedHashMap<>();
    struct.getFieldsMap().forEach((name, value) -> values.put(name, of(value)));
    return new Fields(values);
  }

  private static StructValue of(Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> new Text(value.getStringValue());
      case NUMBER_VALUE -> new Numeric(value.getNumberValue());
      case BOOL_VALUE -> new Bool(value.getBoolValue());
      case STRUCT_VALUE -> of(value.getStructValue());
      case LIST_VALUE -> {
        List<StructValue> items = new ArrayList<>();
        for (Value item : value.getListValue().getValuesList()) {
          items.add(of(item));
        }
        yield new Items(items);
      }
      case NULL_VALUE, KIND_NOT_SET -> Null.NULL;
    };
  }
}
