package io.heddle.proxy.engine.format;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.xds.model.StructValue;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values of metadata, between the forms in which they occur. */
public final class StructValues {
  private StructValues() {}

  /** The message of a value of configuration. */
  public static Value toProto(StructValue value) {
    Value.Builder builder = Value.newBuilder();
    switch (value) {
      case StructValue.Null _ -> builder.setNullValue(NullValue.NULL_VALUE);
      case StructValue.Bool bool -> builder.setBoolValue(bool.value());
      case StructValue.Numeric number -> builder.setNumberValue(number.value());
      case StructValue.Text text -> builder.setStringValue(text.value());
      case StructValue.Items items -> {
        ListValue.Builder list = ListValue.newBuilder();
        items.values().forEach(item -> list.addValues(toProto(item)));
        builder.setListValue(list);
      }
      case StructValue.Fields fields -> {
        Struct.Builder struct = Struct.newBuilder();
        fields.values().forEach((key, item) -> struct.putFields(key, toProto(item)));
        builder.setStructValue(struct);
      }
    }
    return builder.build();
  }

  /**
   * A value within metadata of a configuration, by namespace and path; null where there is none.
   */
  public static @Nullable Value within(
      Map<String, StructValue.Fields> metadata, String namespace, List<String> path) {
    StructValue value = metadata.get(namespace);
    for (int i = 0; value != null && i < path.size(); i++) {
      value = value instanceof StructValue.Fields fields ? fields.values().get(path.get(i)) : null;
    }
    return value == null ? null : toProto(value);
  }

  /** Appends a value as JSON. */
  static void json(Value value, ByteBuf out) {
    switch (value.getKindCase()) {
      case NULL_VALUE, KIND_NOT_SET -> ascii("null", out);
      case BOOL_VALUE -> ascii(Boolean.toString(value.getBoolValue()), out);
      case NUMBER_VALUE -> ascii(number(value.getNumberValue()), out);
      case STRING_VALUE -> JsonText.quoted(value.getStringValue(), out);
      case LIST_VALUE -> {
        out.writeByte('[');
        for (int i = 0; i < value.getListValue().getValuesCount(); i++) {
          if (i > 0) {
            out.writeByte(',');
          }
          json(value.getListValue().getValues(i), out);
        }
        out.writeByte(']');
      }
      case STRUCT_VALUE -> {
        out.writeByte('{');
        boolean first = true;
        for (Map.Entry<String, Value> field : value.getStructValue().getFieldsMap().entrySet()) {
          if (!first) {
            out.writeByte(',');
          }
          first = false;
          JsonText.quoted(field.getKey(), out);
          out.writeByte(':');
          json(field.getValue(), out);
        }
        out.writeByte('}');
      }
    }
  }

  /** A number as JSON has it; whole ones without a fraction, and null where there is none. */
  static String number(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return "null";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static void ascii(String text, ByteBuf out) {
    out.writeCharSequence(text, StandardCharsets.US_ASCII);
  }
}
