/**
 * Sends a client its own bytes back.
 *
 * <p>Start at {@link EchoFilterFactory}.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter a connection, on its event loop.
 *   <li><b>Invariant:</b> every byte that came leaves, in order, before the connection ends.
 *   <li><b>Out of scope:</b> back-pressure, which is the engine's.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.echo;

import org.jspecify.annotations.NullMarked;
