/**
 * Forwards a connection to a host of a cluster as it is.
 *
 * <p>Start at {@link TcpProxy}; a {@link TcpConnection} is one client's connection, and opens the
 * one to the host.
 *
 * <ul>
 *   <li><b>Threads:</b> both sides of a connection are on the same loop.
 *   <li><b>Invariant:</b> bytes are never reordered, dropped or held beyond the watermarks; the end
 *       of one side's input is passed on and the other direction goes on.
 *   <li><b>Out of scope:</b> what the bytes mean.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.tcp;

import org.jspecify.annotations.NullMarked;
