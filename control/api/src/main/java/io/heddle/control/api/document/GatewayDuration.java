package io.heddle.control.api.document;

import java.time.Duration;

/** Durations as the Gateway API writes them (GEP-2257): {@code 1h30m}, {@code 500ms}. */
final class GatewayDuration {
  private GatewayDuration() {}

  /** Reads a text that {@link Syntax#DURATION} admits. */
  static Duration parse(String text) {
    long millis = 0;
    long number = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        number = number * 10 + (c - '0');
        continue;
      }
      boolean milli = c == 'm' && i + 1 < text.length() && text.charAt(i + 1) == 's';
      if (milli) {
        i++;
      }
      millis +=
          switch (c) {
            case 'h' -> number * 3_600_000;
            case 'm' -> milli ? number : number * 60_000;
            case 's' -> number * 1000;
            default ->
                throw new IllegalArgumentException(
                    "duration: \"" + text + "\" (expected: " + Syntax.DURATION.expected() + ")");
          };
      number = 0;
    }
    return Duration.ofMillis(millis);
  }

  static String format(Duration duration) {
    if (duration.isZero()) {
      return "0s";
    }
    StringBuilder text = new StringBuilder();
    part(text, duration.toHours(), "h");
    part(text, duration.toMinutesPart(), "m");
    part(text, duration.toSecondsPart(), "s");
    part(text, duration.toMillisPart(), "ms");
    return text.toString();
  }

  private static void part(StringBuilder text, long number, String unit) {
    if (number > 0) {
      text.append(number).append(unit);
    }
  }
}
