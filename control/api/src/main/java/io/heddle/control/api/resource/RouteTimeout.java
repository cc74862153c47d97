package io.heddle.control.api.resource;

import java.time.Duration;

/**
 * A timeout of a route. Gateway API: {@code 0s} disables it, which is not the same as leaving it
 * out.
 */
public sealed interface RouteTimeout {
  RouteTimeout UNSET = Absent.ABSENT;

  /** Nothing was said: the proxy's default. */
  enum Absent implements RouteTimeout {
    ABSENT
  }

  /** No limit. */
  enum Disabled implements RouteTimeout {
    DISABLED
  }

  /** A limit; at least one millisecond. */
  record After(Duration duration) implements RouteTimeout {
    public After {
      if (duration.toMillis() < 1) {
        throw new IllegalArgumentException("duration: " + duration + " (expected: >= 1 ms)");
      }
    }
  }
}
