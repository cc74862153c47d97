/**
 * What all downstream connections have in common, whatever they speak.
 *
 * <p>Start at {@link ConnectionGroup}, the connections of one listener configuration.
 *
 * <ul>
 *   <li><b>Threads:</b> each loop has its own set of connections; the drain flag is read by all.
 *   <li><b>Invariant:</b> a connection is in its group from registration until its channel is
 *       closed.
 *   <li><b>Out of scope:</b> bytes.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.connection;

import org.jspecify.annotations.NullMarked;
