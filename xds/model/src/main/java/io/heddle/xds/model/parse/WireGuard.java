package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.heddle.xds.model.parse.Schema.Field;
import io.heddle.xds.model.parse.Schema.Kind;
import io.heddle.xds.model.parse.Schema.Label;
import io.heddle.xds.model.parse.Schema.MessageType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks the set fields of an encoded message, so that none is silently ignored.
 *
 * <p>It reads the encoding and not the message object, which would initialise descriptors and
 * reflection. Messages of {@code google.protobuf} are values and not entered; an {@code Any} is
 * guarded by whoever unpacks it.
 */
final class WireGuard {

  private static final int DEEPEST = 100;

  private final Findings findings;

  private WireGuard(Findings findings) {
    this.findings = findings;
  }

  static void check(ByteString bytes, MessageType type, Path path, Findings findings) {
    try {
      new WireGuard(findings).walk(bytes, type, path, 0);
    } catch (IOException e) {
      findings.error(path, "bytes that are not a message", "a " + type.name());
    }
  }

  private void walk(ByteString bytes, MessageType type, Path path, int depth) throws IOException {
    if (depth > DEEPEST) {
      findings.error(path, "more than " + DEEPEST + " levels", "a message of fewer levels");
      return;
    }
    CodedInputStream in = bytes.newCodedInput();
    int[] seen = {};
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int number = WireFormat.getTagFieldNumber(tag);
      Field field = type.field(number);
      if (field == null) {
        findings.unknown(path.field("#" + number));
        in.skipField(tag);
        continue;
      }
      Path here;
      if (field.label() == Label.REPEATED) {
        seen = number < seen.length ? seen : Arrays.copyOf(seen, number + 1);
        here = path.at(field.name(), seen[number]++);
      } else {
        here = path.field(field.name());
      }
      if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        delimited(in.readBytes(), field, here, depth);
      } else {
        scalar(in, tag, field, here);
      }
    }
  }

  private void delimited(ByteString value, Field field, Path path, int depth) throws IOException {
    if (field.label() == Label.PLAIN && field.kind() != Kind.MESSAGE && value.isEmpty()) {
      return;
    }
    switch (field.support()) {
      case NO_OP -> findings.noOp(path);
      case MISSED -> findings.missed(path);
      case REFUSED -> findings.refuse(path, describe(value, field));
      case HONOURED -> {
        if (field.label() == Label.MAP) {
          findings.sawMap(field.name());
          return;
        }
        MessageType type = enterable(field);
        if (type != null) {
          walk(value, type, path, depth + 1);
        }
      }
    }
  }

  private static @Nullable MessageType enterable(Field field) {
    boolean enter = field.kind() == Kind.MESSAGE && !field.type().startsWith("google.protobuf.");
    return enter ? Schema.claimed(field.type()) : null;
  }

  private void scalar(CodedInputStream in, int tag, Field field, Path path) throws IOException {
    long value =
        switch (WireFormat.getTagWireType(tag)) {
          case WireFormat.WIRETYPE_VARINT -> in.readRawVarint64();
          case WireFormat.WIRETYPE_FIXED64 -> in.readRawLittleEndian64();
          case WireFormat.WIRETYPE_FIXED32 -> in.readRawLittleEndian32();
          default -> {
            in.skipField(tag);
            yield 1;
          }
        };
    if (value == 0 && field.label() == Label.PLAIN) {
      return;
    }
    switch (field.support()) {
      case HONOURED -> {}
      case NO_OP -> findings.noOp(path);
      case MISSED -> findings.missed(path);
      case REFUSED ->
          findings.refuse(
              path,
              field.kind() == Kind.BOOL ? Boolean.toString(value != 0) : Long.toString(value));
    }
  }

  /** Never the value of a string, which may be a secret; the type URL of an extension is none. */
  private static String describe(ByteString value, Field field) {
    if (field.kind() != Kind.MESSAGE) {
      return "a value";
    }
    ByteString head = value.substring(0, Math.min(value.size(), 4096));
    String text = head.toString(StandardCharsets.ISO_8859_1);
    int from = text.indexOf(Findings.TYPE_PREFIX);
    if (from < 0) {
      return "a value";
    }
    int to = from + Findings.TYPE_PREFIX.length();
    while (to < text.length() && isNamePart(text.charAt(to))) {
      to++;
    }
    return text.substring(from, to);
  }

  private static boolean isNamePart(char c) {
    return c == '.' || c == '_' || (c < 128 && Character.isLetterOrDigit(c));
  }
}
