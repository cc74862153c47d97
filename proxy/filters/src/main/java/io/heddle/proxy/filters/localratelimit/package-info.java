/**
 * Sheds load with token buckets held in this process.
 *
 * <p>Start at {@link LocalRateLimitFilterFactory}, or at {@link NetworkLocalRateLimitFactory} for
 * connections; {@link LocalLimiter} has the buckets and decides.
 *
 * <ul>
 *   <li><b>Threads:</b> runs on event loops, which share the buckets and take no lock.
 *   <li><b>Invariant:</b> a bucket never holds more than {@code max_tokens}; values that clients
 *       make up never make more than {@code max_dynamic_descriptors} buckets.
 *   <li><b>Out of scope:</b> limits that several proxies count together, beyond sharing one evenly.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.localratelimit;

import org.jspecify.annotations.NullMarked;
