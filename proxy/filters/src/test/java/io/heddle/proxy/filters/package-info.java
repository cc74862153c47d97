/**
 * Tests of the built-in filters together, in a proxy with real sockets.
 *
 * <p>Start at {@link BuiltInFiltersIT}; each filter's own tests are in its package.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's, two event loops, and those of the upstream.
 *   <li><b>Invariant:</b> ports are the system's choice.
 *   <li><b>Out of scope:</b> what an in-memory test shows as well.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters;

import org.jspecify.annotations.NullMarked;
