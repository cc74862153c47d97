package io.heddle.cli.output;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;

/** How long ago something was, in one or two units. */
public final class Age {
  private Age() {}

  /**
   * Such as {@code 12s}, {@code 5m}, {@code 3h}, {@code 9d}; a dash when the time is not stated.
   */
  public static String since(String timestamp, Clock clock) {
    if (timestamp.isEmpty()) {
      return "-";
    }
    Instant then;
    try {
      then = Instant.parse(timestamp);
    } catch (DateTimeException e) {
      return "-";
    }
    long seconds = Math.max(0, Duration.between(then, clock.instant()).toSeconds());
    if (seconds < 120) {
      return seconds + "s";
    }
    if (seconds < 2 * 3600) {
      return seconds / 60 + "m";
    }
    if (seconds < 2 * 86_400) {
      return seconds / 3600 + "h";
    }
    return seconds / 86_400 + "d";
  }
}
