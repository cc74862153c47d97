/**
 * Tests of token buckets, in time that the test says.
 *
 * <p>Start at {@link TokenBucketTest}.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own, and some that race for tokens.
 *   <li><b>Invariant:</b> no clock is read.
 *   <li><b>Out of scope:</b> the filters that have buckets.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.tokenbucket;

import org.jspecify.annotations.NullMarked;
