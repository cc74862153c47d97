package io.heddle.proxy.filters.ratelimit;

import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;

/** What came of a question to the rate-limit service. */
sealed interface Answer {
  /**
   * It has decided.
   *
   * @param leaseMillis for how long leases hold; zero where the service knows none
   */
  record Decided(RateLimitResponse response, long leaseMillis) implements Answer {
    boolean overLimit() {
      return response.getOverallCode() == RateLimitResponse.Code.OVER_LIMIT;
    }
  }

  /** It could not be asked, was too slow, or did not answer in its protocol. */
  enum Failed implements Answer {
    FAILED
  }
}
