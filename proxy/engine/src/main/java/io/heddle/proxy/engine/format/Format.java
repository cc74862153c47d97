package io.heddle.proxy.engine.format;

import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.xds.model.StructValue;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A compiled format. Immutable; safe on every thread. */
// Compared by nobody.
@SuppressWarnings({"ArrayRecordComponent", "ReferenceEquality"})
public final class Format {
  /** Envoy's default line. */
  public static final String DEFAULT_LINE =
      "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\""
          + " %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION%"
          + " %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\""
          + " \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\""
          + " \"%UPSTREAM_HOST%\"\n";

  private final Operator[] pieces;
  private final boolean constant;

  private Format(List<Operator> pieces, boolean constant) {
    this.pieces = pieces.toArray(new Operator[0]);
    this.constant = constant;
  }

  /**
   * Text with operators.
   *
   * @param omitEmpty whether a missing answer is nothing and not {@code -}
   * @throws IllegalArgumentException names the operator that is not known, or malformed
   */
  public static Format text(String pattern, boolean omitEmpty) {
    return text(pattern, omitEmpty, ExpressionLanguage.NONE);
  }

  /** The same, with expressions among the operators. */
  public static Format text(String pattern, boolean omitEmpty, ExpressionLanguage language) {
    List<Operator> pieces = new ArrayList<>();
    boolean[] constant = {true};
    parse(
        pattern,
        language,
        (literal, known) -> {
          if (known == null) {
            pieces.add(literal(literal));
          } else {
            constant[0] = false;
            Operator operator = known.operator();
            pieces.add((subject, out) -> {
              if (!operator.append(subject, out) && !omitEmpty) {
                out.writeByte('-');
              }
              return true;
            });
          }
        });
    return new Format(pieces, constant[0]);
  }

  /**
   * One JSON object on a line, its text values with operators.
   *
   * @throws IllegalArgumentException names the operator that is not known, or malformed
   */
  public static Format json(StructValue.Fields fields, boolean omitEmpty) {
    return json(fields, omitEmpty, ExpressionLanguage.NONE);
  }

  /** The same, with expressions among the operators. */
  public static Format json(
      StructValue.Fields fields, boolean omitEmpty, ExpressionLanguage language) {
    return new Format(List.of(JsonPiece.of(fields, omitEmpty, language), literal("\n")), false);
  }

  /** Whether there is no operator in it. */
  public boolean constant() {
    return constant;
  }

  /** Appends the text for this subject. */
  public void append(Subject subject, ByteBuf out) {
    for (Operator piece : pieces) {
      piece.append(subject, out);
    }
  }

  /** The text for this subject. */
  public String render(Subject subject) {
    ByteBuf out = Unpooled.buffer(64);
    append(subject, out);
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  /** The same of a format whose text is UTF-8 beyond headers. */
  public String renderUtf8(Subject subject) {
    ByteBuf out = Unpooled.buffer(64);
    append(subject, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Operator literal(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return (_, out) -> {
      out.writeBytes(bytes);
      return true;
    };
  }

  /** Takes the pieces of a pattern; either text, or an operator. */
  interface Pieces {
    void piece(String literal, Operators.@Nullable Known operator);
  }

  static void parse(String pattern, ExpressionLanguage language, Pieces pieces) {
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < pattern.length()) {
      char c = pattern.charAt(at);
      if (c != '%') {
        literal.append(c);
        at++;
        continue;
      }
      if (pattern.startsWith("%%", at)) {
        literal.append('%');
        at += 2;
        continue;
      }
      int nameEnd = at + 1;
      while (nameEnd < pattern.length()
          && (Character.isUpperCase(pattern.charAt(nameEnd))
              || Character.isDigit(pattern.charAt(nameEnd))
              || pattern.charAt(nameEnd) == '_')) {
        nameEnd++;
      }
      String name = pattern.substring(at + 1, nameEnd);
      int end = nameEnd;
      String argument = null;
      if (end < pattern.length() && pattern.charAt(end) == '(') {
        int close =
            ExpressionOperators.named(name)
                ? expressionEnd(pattern, end)
                : pattern.indexOf(')', end);
        if (close < 0) {
          throw new IllegalArgumentException("%" + name + "(: parenthesis not closed");
        }
        argument = pattern.substring(end + 1, close);
        end = close + 1;
      }
      int limit = -1;
      if (end < pattern.length() && pattern.charAt(end) == ':') {
        int digits = end + 1;
        while (digits < pattern.length() && Character.isDigit(pattern.charAt(digits))) {
          digits++;
        }
        if (digits == end + 1 || digits - end > 8) {
          throw new IllegalArgumentException("%" + name + ":: expected a length after the colon");
        }
        limit = Integer.parseInt(pattern.substring(end + 1, digits));
        end = digits;
      }
      if (name.isEmpty() || end >= pattern.length() || pattern.charAt(end) != '%') {
        throw new IllegalArgumentException(
            "\""
                + pattern.substring(at, Math.min(pattern.length(), at + 40))
                + "\": not an operator");
      }
      if (!literal.isEmpty()) {
        pieces.piece(literal.toString(), null);
        literal.setLength(0);
      }
      Operators.Known known = Operators.of(name, argument, language);
      pieces.piece(
          "",
          limit < 0
              ? known
              : new Operators.Known(cut(known.operator(), limit), cutJson(known, limit)));
      at = end + 1;
    }
    if (!literal.isEmpty()) {
      pieces.piece(literal.toString(), null);
    }
  }

  /** An expression has parentheses of its own: the last is before a percent sign or a length. */
  private static int expressionEnd(String pattern, int from) {
    int close = pattern.indexOf(')', from);
    while (close >= 0) {
      int after = close + 1;
      if (after < pattern.length() && pattern.charAt(after) == ':') {
        do {
          after++;
        } while (after < pattern.length() && Character.isDigit(pattern.charAt(after)));
      }
      if (after < pattern.length() && pattern.charAt(after) == '%') {
        return close;
      }
      close = pattern.indexOf(')', close + 1);
    }
    return -1;
  }

  /** Texts are cut, values of other types are left whole. */
  private static @Nullable Operator cutJson(Operators.Known known, int limit) {
    Operator json = known.json();
    if (json == null || json == known.operator()) {
      return null;
    }
    Operator text = cut(known.operator(), limit);
    return (subject, out) -> {
      int from = out.writerIndex();
      boolean any = json.append(subject, out);
      if (any && out.getByte(from) == '"') {
        out.writerIndex(from);
        ByteBuf raw = Unpooled.buffer(64);
        any = text.append(subject, raw);
        JsonText.quoted(raw, out);
      }
      return any;
    };
  }

  private static Operator cut(Operator operator, int limit) {
    return (subject, out) -> {
      int from = out.writerIndex();
      boolean any = operator.append(subject, out);
      out.writerIndex(Math.min(out.writerIndex(), from + limit));
      return any;
    };
  }

  /** A value of a JSON format. */
  private static final class JsonPiece {
    private JsonPiece() {}

    static Operator of(StructValue value, boolean omitEmpty, ExpressionLanguage language) {
      return switch (value) {
        case StructValue.Null _ -> literal("null");
        case StructValue.Bool bool -> literal(Boolean.toString(bool.value()));
        case StructValue.Numeric number -> literal(StructValues.number(number.value()));
        case StructValue.Text text -> text(text.value(), language);
        case StructValue.Items items -> items(items, omitEmpty, language);
        case StructValue.Fields fields -> fields(fields, omitEmpty, language);
      };
    }

    private static Operator items(
        StructValue.Items items, boolean omitEmpty, ExpressionLanguage language) {
      List<Operator> all =
          items.values().stream().map(item -> of(item, omitEmpty, language)).toList();
      return (subject, out) -> {
        out.writeByte('[');
        for (int i = 0; i < all.size(); i++) {
          if (i > 0) {
            out.writeByte(',');
          }
          if (!all.get(i).append(subject, out)) {
            out.writeCharSequence("null", StandardCharsets.US_ASCII);
          }
        }
        out.writeByte(']');
        return true;
      };
    }

    private record Field(byte[] key, Operator value) {}

    private static Operator fields(
        StructValue.Fields fields, boolean omitEmpty, ExpressionLanguage language) {
      List<Field> all = new ArrayList<>();
      // Sorted, as Envoy writes them.
      for (Map.Entry<String, StructValue> entry : new TreeMap<>(fields.values()).entrySet()) {
        ByteBuf key = Unpooled.buffer();
        JsonText.quoted(entry.getKey(), key);
        byte[] bytes = new byte[key.readableBytes()];
        key.readBytes(bytes);
        all.add(new Field(bytes, of(entry.getValue(), omitEmpty, language)));
      }
      return (subject, out) -> {
        out.writeByte('{');
        boolean first = true;
        for (Field field : all) {
          int mark = out.writerIndex();
          if (!first) {
            out.writeByte(',');
          }
          out.writeBytes(field.key());
          out.writeByte(':');
          if (field.value().append(subject, out)) {
            first = false;
          } else if (omitEmpty) {
            out.writerIndex(mark);
          } else {
            out.writeCharSequence("null", StandardCharsets.US_ASCII);
            first = false;
          }
        }
        out.writeByte('}');
        return true;
      };
    }

    private static Operator text(String pattern, ExpressionLanguage language) {
      List<Operator> operators = new ArrayList<>();
      List<Operators.Known> known = new ArrayList<>();
      parse(
          pattern,
          language,
          (literal, operator) -> {
            if (operator == null) {
              operators.add(literal(literal));
            } else {
              known.add(operator);
              operators.add((subject, out) -> {
                if (!operator.operator().append(subject, out)) {
                  out.writeByte('-');
                }
                return true;
              });
            }
          });
      if (operators.size() == 1 && known.size() == 1) {
        Operator only = known.getFirst().operator();
        Operator json = known.getFirst().json();
        return json != null
            ? json
            : (subject, out) -> {
              ByteBuf raw = Unpooled.buffer(64);
              if (!only.append(subject, raw)) {
                return false;
              }
              JsonText.quoted(raw, out);
              return true;
            };
      }
      return (subject, out) -> {
        ByteBuf raw = Unpooled.buffer(64);
        for (Operator operator : operators) {
          operator.append(subject, raw);
        }
        JsonText.quoted(raw, out);
        return true;
      };
    }
  }
}
