package io.heddle.cli.experiment;

import java.time.Duration;

/** How long a run is calm, then faulty, then healed. */
record Phases(Duration calm, Duration faulty, Duration healed) {
  /** Slices of a chart. */
  private static final int SLICES = 120;

  private static final Duration NARROWEST = Duration.ofMillis(100);

  /** How long something may take to show, or a run to come to rest. */
  private static final Duration SETTLING = Duration.ofMillis(500);

  Duration length() {
    return calm.plus(faulty).plus(healed);
  }

  Window before() {
    return new Window(Duration.ZERO, calm);
  }

  Window during() {
    return new Window(calm, calm.plus(faulty));
  }

  /** The fault without its first moments, in which it is found out. */
  Window settled(Duration within) {
    Duration head = within.compareTo(faulty.dividedBy(2)) < 0 ? within : faulty.dividedBy(2);
    return new Window(calm.plus(head), calm.plus(faulty));
  }

  /** Once healed for five seconds, or in the second half of a shorter time. */
  Window recovered() {
    Duration five = Duration.ofSeconds(5);
    Duration wait = five.compareTo(healed) < 0 ? five : healed.dividedBy(2);
    return new Window(calm.plus(faulty).plus(wait), length());
  }

  static Duration settling() {
    return SETTLING;
  }

  /** The width of a slice. */
  Duration slice() {
    Duration width = length().dividedBy(SLICES);
    return width.compareTo(NARROWEST) < 0 ? NARROWEST : width;
  }
}
