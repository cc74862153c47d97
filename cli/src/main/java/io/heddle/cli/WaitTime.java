package io.heddle.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads times as users write them: {@code 500ms}, {@code 10s}, {@code 2m}. */
final class WaitTime {
  private static final Pattern FORM = Pattern.compile("(\\d{1,7})(ms|s|m)");

  private WaitTime() {}

  static Duration parse(String option, String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw UsageFailure.of(
          option + ": " + text + " (expected: a number with ms, s or m, such as 10s)");
    }
    long value = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(value);
      case "s" -> Duration.ofSeconds(value);
      default -> Duration.ofMinutes(value);
    };
  }
}
