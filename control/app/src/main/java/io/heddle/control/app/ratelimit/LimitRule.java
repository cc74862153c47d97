package io.heddle.control.app.ratelimit;

/**
 * A limit.
 *
 * @param requests of a window, 0 to 2³²−1
 * @param name shown in {@code x-ratelimit-limit}; empty for none
 * @param shadow whether what is beyond it is counted and admitted all the same
 */
record LimitRule(long requests, LimitUnit unit, String name, boolean shadow) {
  LimitRule {
    if (requests < 0 || requests > 0xffff_ffffL) {
      throw new IllegalArgumentException("requests: " + requests + " (expected: 0 to 4294967295)");
    }
  }
}
