package io.heddle.proxy.filters.localratelimit;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.tokenbucket.TokenBucket;
import java.util.function.LongSupplier;

/**
 * How fast connections may come.
 *
 * @param nanoTime a monotonic clock
 */
record ConnectionRate(
    TokenBucket bucket, RuntimeFlag enabled, LongSupplier nanoTime, StatsScope.Counter limited) {
  /** Takes a token for a connection; false where it has to go. */
  boolean admit() {
    if (!enabled.on() || bucket.tryTake(nanoTime.getAsLong())) {
      return true;
    }
    limited.increment();
    return false;
  }
}
