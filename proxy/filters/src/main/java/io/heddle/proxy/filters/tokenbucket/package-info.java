/**
 * Token buckets of this process.
 *
 * <p>Start at {@link TokenBucket}; {@link BucketSize} reads Envoy's message.
 *
 * <ul>
 *   <li><b>Threads:</b> a bucket is shared by all event loops and updated by compare-and-set.
 *   <li><b>Invariant:</b> a bucket never holds more than {@code max_tokens}, and gives no token
 *       twice.
 *   <li><b>Out of scope:</b> limits shared between processes.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.tokenbucket;

import org.jspecify.annotations.NullMarked;
