package io.heddle.proxy.engine.format;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.ExpressionLanguage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Values of expressions: {@code %CEL(…)%} as text, {@code %TYPED_CEL(…)%} with their type. */
final class ExpressionOperators {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss").withZone(ZoneOffset.UTC);

  private ExpressionOperators() {}

  static boolean named(String name) {
    return name.equals("CEL") || name.equals("TYPED_CEL");
  }

  /**
   * The operator of this name.
   *
   * @throws IllegalArgumentException says what is wrong with the expression
   */
  static Operators.Known of(String name, @Nullable String argument, ExpressionLanguage language) {
    if (argument == null || argument.isEmpty()) {
      throw new IllegalArgumentException("%" + name + "% needs an expression in parentheses");
    }
    Expression expression;
    try {
      expression = language.compile(argument);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException("%" + name + "()%: " + wrong.getMessage(), wrong);
    }
    Operator text =
        (subject, out) -> {
          Optional<Object> value = Expressions.value(expression, subject);
          value.ifPresent(found -> ByteBufUtil.writeUtf8(out, text(found)));
          return value.isPresent();
        };
    if (name.equals("CEL")) {
      return new Operators.Known(text, null);
    }
    return new Operators.Known(
        text,
        (subject, out) -> {
          Optional<Object> value = Expressions.value(expression, subject);
          value.ifPresent(found -> json(found, out));
          return value.isPresent();
        });
  }

  private static String text(Object value) {
    return switch (value) {
      case ByteString bytes -> bytes.toString(StandardCharsets.UTF_8);
      case Double number -> StructValues.number(number);
      case Instant time -> time(time) + "+00:00";
      case Duration duration -> duration(duration);
      case NullValue _ -> "NULL";
      case List<?> _ -> "CelList value";
      case Map<?, ?> _ -> "CelMap value";
      default -> value.toString();
    };
  }

  private static void json(Object value, ByteBuf out) {
    switch (value) {
      case Boolean bool -> ascii(bool.toString(), out);
      // A double, as JSON's readers have and Envoy writes.
      case Long number -> ascii(Long.toString((long) (double) number), out);
      case Double number -> ascii(StructValues.number(number), out);
      case NullValue _ -> ascii("null", out);
      case ByteString bytes ->
          JsonText.quoted(Base64.getEncoder().encodeToString(bytes.toByteArray()), out);
      case Instant time ->
          JsonText.quoted(
              SECONDS.format(time) + thousands(time.get(ChronoField.NANO_OF_SECOND)) + "Z", out);
      case Duration duration -> JsonText.quoted(seconds(duration), out);
      case List<?> list -> {
        out.writeByte('[');
        for (int i = 0; i < list.size(); i++) {
          if (i > 0) {
            out.writeByte(',');
          }
          json(list.get(i), out);
        }
        out.writeByte(']');
      }
      case Map<?, ?> map -> {
        out.writeByte('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          if (!first) {
            out.writeByte(',');
          }
          first = false;
          JsonText.quoted(String.valueOf(entry.getKey()), out);
          out.writeByte(':');
          json(entry.getValue(), out);
        }
        out.writeByte('}');
      }
      default -> JsonText.quoted(value.toString(), out);
    }
  }

  private static String time(Instant time) {
    return SECONDS.format(time) + fraction(time.get(ChronoField.NANO_OF_SECOND));
  }

  private static String fraction(int nanos) {
    if (nanos == 0) {
      return "";
    }
    String digits = "%09d".formatted(nanos);
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    return "." + digits.substring(0, end);
  }

  /** As protobuf's JSON has it: none, three, six or nine digits. */
  private static String thousands(int nanos) {
    String digits = "%09d".formatted(nanos);
    if (nanos == 0) {
      return "";
    }
    return "."
        + (nanos % 1_000_000 == 0
            ? digits.substring(0, 3)
            : nanos % 1_000 == 0 ? digits.substring(0, 6) : digits);
  }

  /**
   * {@code 1h2m3.5s}; below a second in the largest unit that leaves something before the point.
   */
  private static String duration(Duration duration) {
    if (duration.isZero()) {
      return "0";
    }
    Duration rest = duration.abs();
    String sign = duration.isNegative() ? "-" : "";
    if (rest.compareTo(Duration.ofSeconds(1)) < 0) {
      int nanos = rest.toNanosPart();
      int unit = nanos >= 1_000_000 ? 1_000_000 : nanos >= 1_000 ? 1_000 : 1;
      return sign
          + nanos / unit
          + fraction((int) (nanos % unit * (1_000_000_000L / unit)))
          + (unit == 1 ? "ns" : unit == 1_000 ? "us" : "ms");
    }
    long hours = rest.toHours();
    int minutes = rest.toMinutesPart();
    int seconds = rest.toSecondsPart();
    return sign
        + (hours > 0 ? hours + "h" : "")
        + (minutes > 0 ? minutes + "m" : "")
        + (seconds > 0 || rest.toNanosPart() > 0
            ? seconds + fraction(rest.toNanosPart()) + "s"
            : "");
  }

  /** As protobuf's JSON has it. */
  private static String seconds(Duration duration) {
    Duration rest = duration.abs();
    return (duration.isNegative() ? "-" : "")
        + rest.toSeconds()
        + thousands(rest.toNanosPart())
        + "s";
  }

  private static void ascii(String text, ByteBuf out) {
    out.writeCharSequence(text, StandardCharsets.US_ASCII);
  }
}
