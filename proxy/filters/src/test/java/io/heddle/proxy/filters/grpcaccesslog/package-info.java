/**
 * Tests of the filter of this name.
 *
 * <p>Start at the test of the filter.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own.
 *   <li><b>Invariant:</b> no socket, no sleep.
 *   <li><b>Out of scope:</b> the filter in a chain.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.grpcaccesslog;

import org.jspecify.annotations.NullMarked;
