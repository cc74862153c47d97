package io.heddle.control.app.ratelimit;

import java.util.Locale;
import java.util.Optional;

/** The window of a limit ({@code envoy.type.v3.RateLimitUnit}), with the number of the protocol. */
enum LimitUnit {
  SECOND(1, 1),
  MINUTE(2, 60),
  HOUR(3, 3600),
  DAY(4, 24 * 3600),
  WEEK(7, 7 * 24 * 3600),
  MONTH(5, 30 * 24 * 3600),
  YEAR(6, 365 * 24 * 3600);

  private final int number;
  private final long seconds;

  LimitUnit(int number, long seconds) {
    this.number = number;
    this.seconds = seconds;
  }

  int number() {
    return number;
  }

  long millis() {
    return seconds * 1000;
  }

  /** By its name in any case. */
  static Optional<LimitUnit> named(String name) {
    for (LimitUnit unit : values()) {
      if (unit.name().equals(name.toUpperCase(Locale.ROOT))) {
        return Optional.of(unit);
      }
    }
    return Optional.empty();
  }

  static Optional<LimitUnit> numbered(int number) {
    for (LimitUnit unit : values()) {
      if (unit.number == number) {
        return Optional.of(unit);
      }
    }
    return Optional.empty();
  }
}
