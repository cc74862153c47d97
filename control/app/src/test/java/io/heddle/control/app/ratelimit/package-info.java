/**
 * Tests of the rate-limit service.
 *
 * <p>Start at {@link RateLimitServerTest}, which asks a server over a socket; the others look at
 * counters and rules alone.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own, and those of gRPC.
 *   <li><b>Invariant:</b> counters count in time that a test moves.
 *   <li><b>Out of scope:</b> Redis, which tests/interop runs.
 * </ul>
 */
@NullMarked
package io.heddle.control.app.ratelimit;

import org.jspecify.annotations.NullMarked;
