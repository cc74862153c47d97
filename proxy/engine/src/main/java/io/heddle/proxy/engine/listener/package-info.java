/**
 * Sockets that clients connect to, and what becomes of their connections.
 *
 * <p>Start at {@link Listeners}; a {@link ListenerSocket} is a bound address, an {@link
 * ActiveListener} one configuration of it with the connections that came under it.
 *
 * <ul>
 *   <li><b>Threads:</b> applied under the registry's lock; a connection is handed to the loop with
 *       the fewest and stays there.
 *   <li><b>Invariant:</b> a change drains only the connections of the configuration that it
 *       replaced.
 *   <li><b>Out of scope:</b> TLS and matching among several filter chains.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.listener;

import org.jspecify.annotations.NullMarked;
