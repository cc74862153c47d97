/**
 * Asks a rate-limit service whether requests may pass.
 *
 * <p>Start at {@link RateLimitFilterFactory}; {@link RateLimitService} speaks Envoy's rate-limit
 * service protocol (v3), {@link Answer} is what it says.
 *
 * <ul>
 *   <li><b>Threads:</b> runs on event loops; a configuration and its counters are shared by them.
 *   <li><b>Invariant:</b> a request waits for the service no longer than {@code timeout}.
 *   <li><b>Out of scope:</b> the limits and their counters, which are the service's.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.ratelimit;

import org.jspecify.annotations.NullMarked;
