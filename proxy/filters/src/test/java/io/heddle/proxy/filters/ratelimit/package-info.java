/**
 * Tests of the filter in memory, with a service that the test plays.
 *
 * <p>Start at {@link RateLimitFilterTest}.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own.
 *   <li><b>Invariant:</b> time moves only when a test moves it.
 *   <li><b>Out of scope:</b> sockets.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.ratelimit;

import org.jspecify.annotations.NullMarked;
