/**
 * Lets as many requests go at once as a service does best with, which is found by watching how long
 * it takes: more while that is near the least there was, fewer when it grows.
 *
 * <p>Start at {@link AdaptiveConcurrencyFilterFactory}; {@link GradientController} is what decides.
 *
 * <ul>
 *   <li><b>Threads:</b> runs on event loops; one controller for all of them. Counts are atomic, and
 *       whoever comes first after a window has passed computes the next limit while the others go
 *       on.
 *   <li><b>Invariant:</b> there are never more requests under way than the limit was when the last
 *       was let go.
 *   <li><b>Out of scope:</b> controllers other than the gradient's.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.adaptiveconcurrency;

import org.jspecify.annotations.NullMarked;
