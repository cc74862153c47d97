package io.heddle.cli.experiment;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * How many requests are due a second, by steps. They come independently of each other (a Poisson
 * process), as those of many users do.
 */
record Rate(List<Step> steps) {
  /** From then on until the next one; at least 0 a second. */
  record Step(Duration from, double perSecond) {}

  Rate {
    steps = List.copyOf(steps);
    if (steps.isEmpty() || !steps.getFirst().from().isZero()) {
      throw new IllegalArgumentException(steps + " (expected: a first step from zero)");
    }
  }

  static Rate steady(double perSecond) {
    return new Rate(List.of(new Step(Duration.ZERO, perSecond)));
  }

  /** Otherwise within a window. */
  static Rate burst(double perSecond, Window window, double within) {
    List<Step> steps = new ArrayList<>();
    steps.add(new Step(Duration.ZERO, perSecond));
    steps.add(new Step(window.from(), within));
    steps.add(new Step(window.to(), perSecond));
    return new Rate(steps);
  }

  /** When requests are due. One thread. */
  final class Arrivals {
    private final RandomGenerator random;
    private double seconds;

    Arrivals(RandomGenerator random) {
      this.random = random;
    }

    /** Nanoseconds from the beginning; {@link Long#MAX_VALUE} when no other one is due ever. */
    long next() {
      // Exponential, in expected requests; walked off along the steps.
      double left = -Math.log(1 - random.nextDouble());
      for (int i = 0; i < steps.size(); i++) {
        double end =
            i + 1 < steps.size() ? seconds(steps.get(i + 1).from()) : Double.POSITIVE_INFINITY;
        double perSecond = steps.get(i).perSecond();
        if (seconds >= end) {
          continue;
        }
        double within = perSecond == 0 ? 0 : perSecond * (end - seconds);
        if (left < within) {
          seconds += left / perSecond;
          return (long) (seconds * 1e9);
        }
        left -= within;
        seconds = end;
      }
      return Long.MAX_VALUE;
    }

    private static double seconds(Duration duration) {
      return duration.toNanos() / 1e9;
    }
  }
}
