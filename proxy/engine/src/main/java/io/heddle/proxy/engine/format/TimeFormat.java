package io.heddle.proxy.engine.format;

import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * {@code %START_TIME(…)%}: the common part of strftime, and Envoy's fractions {@code %3f}. In UTC.
 */
// A parser skips.
@SuppressWarnings("IncrementInForLoopAndHeader")
final class TimeFormat implements Operator {
  static final String DEFAULT = "%Y-%m-%dT%H:%M:%S.%3fZ";
  private static final String[] MONTHS = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
  };

  private final List<Object> parts = new ArrayList<>();

  /** The date of the last second that a loop asked for; racing loops overwrite each other's. */
  private volatile Second second = new Second(Long.MIN_VALUE, LocalDateTime.MIN);

  private record Second(long epoch, LocalDateTime date) {}

  private final ToLongFunction<Subject> moment;

  /** The moment of the start. */
  TimeFormat(String pattern) {
    this(pattern, Subject::startEpochNanos);
  }

  /** {@code moment}: nanoseconds since the epoch. */
  TimeFormat(String pattern, ToLongFunction<Subject> moment) {
    this.moment = moment;
    StringBuilder literal = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%') {
        literal.append(c);
        continue;
      }
      i++;
      int digits = 0;
      if (i < pattern.length() && Character.isDigit(pattern.charAt(i))) {
        digits = pattern.charAt(i++) - '0';
      }
      char kind = i < pattern.length() ? pattern.charAt(i) : '%';
      if ("YmdHMSsfbTFeZ".indexOf(kind) < 0 || i >= pattern.length() || digits > 9) {
        throw new IllegalArgumentException(
            "time (" + pattern + ") (expected: %Y %m %d %H %M %S %s %b %e %T %F %Z %1f to %9f)");
      }
      if (!literal.isEmpty()) {
        parts.add(literal.toString());
        literal.setLength(0);
      }
      if (kind == 'T') {
        addAll("H", ":", "M", ":", "S");
      } else if (kind == 'F') {
        addAll("Y", "-", "m", "-", "d");
      } else {
        parts.add(kind == 'f' ? (Object) (digits == 0 ? 9 : digits) : (Object) kind);
      }
    }
    if (!literal.isEmpty()) {
      parts.add(literal.toString());
    }
  }

  private void addAll(String... kinds) {
    for (String kind : kinds) {
      parts.add(Character.isLetter(kind.charAt(0)) ? (Object) kind.charAt(0) : (Object) kind);
    }
  }

  @Override
  public boolean append(Subject subject, ByteBuf out) {
    long nanos = moment.applyAsLong(subject);
    append(Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L), out);
    return true;
  }

  /** Appends a moment: seconds since the epoch, and nanoseconds. */
  void append(long epoch, long fraction, ByteBuf out) {
    Second cached = second;
    if (cached.epoch != epoch) {
      cached =
          new Second(epoch, LocalDateTime.ofInstant(Instant.ofEpochSecond(epoch), ZoneOffset.UTC));
      second = cached;
    }
    LocalDateTime date = cached.date;
    for (int i = 0; i < parts.size(); i++) {
      switch (parts.get(i)) {
        case String literal -> Text.write(literal, out);
        case Integer digits -> {
          long scaled = fraction;
          for (int d = digits; d < 9; d++) {
            scaled /= 10;
          }
          Text.padded(scaled, digits, out);
        }
        case Character kind -> field(kind, date, epoch, out);
        default -> throw new IllegalStateException("part " + parts.get(i));
      }
    }
  }

  private static void field(char kind, LocalDateTime date, long epoch, ByteBuf out) {
    switch (kind) {
      case 'Y' -> Text.padded(date.getYear(), 4, out);
      case 'm' -> Text.padded(date.getMonthValue(), 2, out);
      case 'd' -> Text.padded(date.getDayOfMonth(), 2, out);
      case 'e' -> {
        out.writeByte(date.getDayOfMonth() < 10 ? ' ' : '0' + date.getDayOfMonth() / 10);
        out.writeByte('0' + date.getDayOfMonth() % 10);
      }
      case 'H' -> Text.padded(date.getHour(), 2, out);
      case 'M' -> Text.padded(date.getMinute(), 2, out);
      case 'S' -> Text.padded(date.getSecond(), 2, out);
      case 's' -> Text.number(epoch, out);
      case 'b' -> Text.write(MONTHS[date.getMonthValue() - 1], out);
      case 'Z' -> Text.write("UTC", out);
      default -> throw new IllegalStateException("field " + kind);
    }
  }
}
