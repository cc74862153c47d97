package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TypeRegistry;
import io.heddle.xds.model.ParseOptions;

/**
 * Messages in protobuf's text format, which files that end on {@code .pb_text} have.
 *
 * <p>Loads descriptors, which costs some hundred milliseconds: only for whoever has such a file.
 * Nothing that is read throws. Stateless.
 */
public final class TextProto {
  /** What such a file ends on. */
  public static final String SUFFIX = ".pb_text";

  private static final int DEEPEST = 100;

  private TextProto() {}

  /** What came of reading. */
  public sealed interface Outcome {
    /** The message, encoded. */
    record Encoded(ByteString message) implements Outcome {}

    /** Why there is none, with the line and column. */
    record Unreadable(String why) implements Outcome {}
  }

  /**
   * Reads one message.
   *
   * @param type its full name; one of the API
   */
  public static Outcome encode(String text, String type, ParseOptions options) {
    Descriptor descriptor =
        GeneratedTypes.descriptor(type)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "type: " + type + " (expected: a message of the API)"));
    DynamicMessage.Builder message = DynamicMessage.newBuilder(descriptor);
    try {
      TextFormat.Parser.newBuilder()
          .setTypeRegistry(named(text))
          .setAllowUnknownFields(!options.rejectUnknownFields())
          .setRecursionLimit(DEEPEST)
          .build()
          .merge(text, message);
    } catch (TextFormat.ParseException e) {
      return new Outcome.Unreadable(
          e.getLine() < 0
              ? String.valueOf(e.getMessage())
              : "line " + e.getLine() + ", column " + e.getColumn() + ": " + reason(e));
    }
    return new Outcome.Encoded(message.build().toByteString());
  }

  /** The message begins with where it is. */
  private static String reason(TextFormat.ParseException e) {
    String whole = String.valueOf(e.getMessage());
    String at = e.getLine() + ":" + e.getColumn() + ": ";
    return whole.startsWith(at) ? whole.substring(at.length()) : whole;
  }

  /** The messages that stand in brackets, as in {@code [type.googleapis.com/envoy.a.B] {...}}. */
  private static TypeRegistry named(String text) {
    TypeRegistry.Builder found = TypeRegistry.newBuilder();
    for (int open = text.indexOf('['); open >= 0; open = text.indexOf('[', open + 1)) {
      int slash = text.indexOf('/', open);
      int close = text.indexOf(']', open);
      if (slash < 0 || close < 0) {
        break;
      }
      if (slash < close) {
        GeneratedTypes.descriptor(text.substring(slash + 1, close).strip()).ifPresent(found::add);
      }
    }
    return found.build();
  }
}
