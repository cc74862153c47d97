/**
 * Closes connections beyond a number.
 *
 * <p>Start at {@link ConnectionLimitFilterFactory}.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter a connection, on its event loop; one counter for all of a filter
 *       chain.
 *   <li><b>Invariant:</b> no more than {@code max_connections} of a chain are served at a time.
 *   <li><b>Out of scope:</b> limits of a listener or of the process, which are the engine's.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.connectionlimit;

import org.jspecify.annotations.NullMarked;
