package io.heddle.proxy.filters.shed;

import java.util.Locale;
import java.util.Optional;

/** How much a request matters. The more it does, the more of the capacity is its. */
enum Priority {
  /** Goes first: half of the capacity is enough to refuse it. */
  LOW(0.5),
  /** What nothing is said of. */
  NORMAL(0.8),
  /** Is let go beyond what the service does best with. */
  HIGH(1.2),
  /** Is never refused for load. */
  CRITICAL(Double.POSITIVE_INFINITY);

  private final double share;

  Priority(double share) {
    this.share = share;
  }

  /** The share of the capacity that may be in use before it is refused. */
  double share() {
    return share;
  }

  /** By its name in any case. */
  static Optional<Priority> of(String name) {
    for (Priority each : values()) {
      if (each.word().equalsIgnoreCase(name)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  /** As it is written. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
