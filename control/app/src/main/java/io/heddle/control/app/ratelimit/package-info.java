/**
 * The rate-limit service: counts what proxies ask about, Heddle's and Envoy's alike.
 *
 * <p>Start at {@link RateLimitServer}; {@link LimitRules} finds the limit of a descriptor, {@link
 * Counters} count, in this process or in a Redis that several servers share.
 *
 * <ul>
 *   <li><b>Threads:</b> calls come on gRPC's threads, answers of Redis on its own; rules are one
 *       immutable snapshot, swapped when their files change.
 *   <li><b>Invariant:</b> no more is admitted in a window than its limit, leases included.
 *   <li><b>Out of scope:</b> who may ask; the server listens where its proxies are.
 * </ul>
 */
@NullMarked
package io.heddle.control.app.ratelimit;

import org.jspecify.annotations.NullMarked;
