/**
 * Sheds load with a token bucket held in this process.
 *
 * <p>Start at {@link LocalRateLimitFilterFactory}; {@link TokenBucket} is the limit.
 *
 * <ul>
 *   <li><b>Threads:</b> runs on event loops; one bucket, updated by compare-and-set.
 *   <li><b>Invariant:</b> a bucket never holds more than {@code max_tokens}.
 *   <li><b>Out of scope:</b> descriptors, and limits shared between proxies or kept per connection.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.localratelimit;

import org.jspecify.annotations.NullMarked;
