package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.heddle.xds.model.parse.Schema.Field;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Encodes scalars of YAML as fields of a message, by the rules of protobuf's JSON. */
final class YamlScalars {

  private final Findings findings;
  private final TypeSource types;

  YamlScalars(Findings findings, TypeSource types) {
    this.findings = findings;
    this.types = types;
  }

  void write(CodedOutputStream out, Field field, Node node, Path path) throws IOException {
    if (!(node instanceof ScalarNode scalar)) {
      findings.error(path, YamlEncoder.describe(node), expected(field));
      return;
    }
    String text = scalar.getValue();
    int number = field.number();
    boolean string = scalar.getTag().equals(Tag.STR);
    try {
      switch (field.kind()) {
        case STRING -> {
          require(string);
          out.writeString(number, text);
        }
        case BYTES -> out.writeBytes(number, ByteString.copyFrom(Base64.getDecoder().decode(text)));
        case BOOL -> {
          require(text.equals("true") || text.equals("false"));
          out.writeBool(number, text.equals("true"));
        }
        case INT32 -> out.writeInt32(number, Integer.parseInt(text));
        case SINT32 -> out.writeSInt32(number, Integer.parseInt(text));
        case SFIXED32 -> out.writeSFixed32(number, Integer.parseInt(text));
        case UINT32 -> out.writeUInt32(number, Integer.parseUnsignedInt(text));
        case FIXED32 -> out.writeFixed32(number, Integer.parseUnsignedInt(text));
        case INT64 -> out.writeInt64(number, Long.parseLong(text));
        case SINT64 -> out.writeSInt64(number, Long.parseLong(text));
        case SFIXED64 -> out.writeSFixed64(number, Long.parseLong(text));
        case UINT64 -> out.writeUInt64(number, Long.parseUnsignedLong(text));
        case FIXED64 -> out.writeFixed64(number, Long.parseUnsignedLong(text));
        case FLOAT -> out.writeFloat(number, Float.parseFloat(text));
        case DOUBLE -> out.writeDouble(number, Double.parseDouble(text));
        case ENUM -> out.writeEnum(number, enumNumber(field, text));
        case MESSAGE -> throw new IllegalArgumentException("a message is not a scalar");
      }
    } catch (IllegalArgumentException _) {
      findings.error(path, text.isEmpty() ? "an empty string" : text, expected(field));
    }
  }

  private int enumNumber(Field field, String text) {
    Map<String, Integer> values = types.enumOf(field.type()).orElse(Map.of());
    Integer number = values.get(text);
    if (number != null) {
      return number;
    }
    int given = Integer.parseInt(text);
    require(values.containsValue(given));
    return given;
  }

  private static void require(boolean fits) {
    if (!fits) {
      throw new IllegalArgumentException("the value does not fit");
    }
  }

  private String expected(Field field) {
    return switch (field.kind()) {
      case STRING -> "a string";
      case BYTES -> "bytes in base64";
      case BOOL -> "true or false";
      case INT32, SINT32, SFIXED32 -> "an integer of 32 bits";
      case UINT32, FIXED32 -> "an integer from 0 to 4294967295";
      case INT64, SINT64, SFIXED64 -> "an integer of 64 bits";
      case UINT64, FIXED64 -> "an integer from 0 to 2^64-1";
      case FLOAT, DOUBLE -> "a number";
      case ENUM ->
          "one of "
              + types
                  .enumOf(field.type())
                  .map(values -> String.join(", ", values.keySet()))
                  .orElse(field.type());
      case MESSAGE -> "a mapping";
    };
  }

  /** Seconds with up to nine decimals and an {@code s}, as a {@code google.protobuf.Duration}. */
  static Optional<com.google.protobuf.Duration> duration(String text) {
    int end = text.length() - 1;
    if (end < 1 || end > 24 || text.charAt(end) != 's') {
      return Optional.empty();
    }
    boolean negative = text.charAt(0) == '-';
    int dot = text.indexOf('.');
    String whole = text.substring(negative ? 1 : 0, dot < 0 ? end : dot);
    String decimals = dot < 0 ? "0" : text.substring(dot + 1, end);
    if (!isDigits(whole) || !isDigits(decimals) || whole.length() > 12 || decimals.length() > 9) {
      return Optional.empty();
    }
    long seconds = Long.parseLong(whole);
    int nanos = Integer.parseInt(decimals + "0".repeat(9 - decimals.length()));
    return Optional.of(
        com.google.protobuf.Duration.newBuilder()
            .setSeconds(negative ? -seconds : seconds)
            .setNanos(negative ? -nanos : nanos)
            .build());
  }

  private static boolean isDigits(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
