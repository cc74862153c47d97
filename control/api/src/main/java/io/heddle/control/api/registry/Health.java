package io.heddle.control.api.registry;

/**
 * Whether an instance's own checks say that it can serve. Only {@link #HEALTHY} ones get traffic.
 */
public enum Health {
  /** Not checked yet. */
  UNKNOWN,
  HEALTHY,
  UNHEALTHY,
  /** Leaving on purpose: finishes what it has and gets nothing new. */
  DRAINING
}
