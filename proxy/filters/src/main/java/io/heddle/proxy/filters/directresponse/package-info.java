/**
 * Sends every client the same bytes and closes.
 *
 * <p>Start at {@link DirectResponseFilterFactory}.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter a connection, on its event loop.
 *   <li><b>Invariant:</b> the response leaves whole before the connection ends.
 *   <li><b>Out of scope:</b> HTTP, whose routes have direct responses of their own.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.directresponse;

import org.jspecify.annotations.NullMarked;
