package io.heddle.xds.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long a client waits before it calls a control plane again: exponential with full jitter, so
 * that the n-th wait is drawn evenly from nothing to {@code base * 2^n}, never above {@code max}.
 *
 * @param base the bound of the first wait, 1 ms or more
 * @param max the bound of every wait, at least {@code base}
 */
public record BackoffPolicy(Duration base, Duration max) {
  /** Envoy's. */
  public static final BackoffPolicy ENVOY =
      new BackoffPolicy(Duration.ofMillis(500), Duration.ofSeconds(30));

  /** Short enough to be in sync 5 s after the control plane's return. */
  public static final BackoffPolicy PROMPT =
      new BackoffPolicy(Duration.ofMillis(500), Duration.ofMillis(2500));

  public BackoffPolicy {
    if (base.toMillis() < 1) {
      throw new IllegalArgumentException("base: " + base + " (expected: >= 1 ms)");
    }
    if (max.compareTo(base) < 0) {
      throw new IllegalArgumentException("max: " + max + " (expected: >= base, " + base + ")");
    }
  }

  /** The wait after this many failures in a row before the present one. */
  Duration delay(int failures, RandomGenerator random) {
    long bound = base.toMillis() << Math.min(failures, 20);
    long capped = Math.min(max.toMillis(), bound);
    return Duration.ofMillis(1 + random.nextLong(capped));
  }
}
