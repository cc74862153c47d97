package io.heddle.proxy.api;

/** What a filter wants done after it has seen trailers. */
public enum TrailersDecision {
  /** Passes them on, after whatever the filter still holds. */
  CONTINUE,
  /** Holds them until {@link FilterDirection#resume}. */
  SUSPEND
}
