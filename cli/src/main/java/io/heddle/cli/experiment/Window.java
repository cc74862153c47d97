package io.heddle.cli.experiment;

import java.time.Duration;

/** A part of an experiment, counted from its beginning; {@code to} lies outside. */
record Window(Duration from, Duration to) {
  Window {
    if (from.isNegative() || to.compareTo(from) < 0) {
      throw new IllegalArgumentException(from + " to " + to + " (expected: 0 <= from <= to)");
    }
  }

  Duration length() {
    return to.minus(from);
  }
}
