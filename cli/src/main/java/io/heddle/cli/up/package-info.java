/**
 * Runs a whole mesh on one machine.
 *
 * <p>Start at {@link Supervisor}; {@link ShopRuntimes} finds or builds what runs the sample
 * services.
 *
 * <ul>
 *   <li><b>Threads:</b> the main thread starts everything and waits; the JVM's shutdown hook ends
 *       it.
 *   <li><b>Invariant:</b> no process is left behind: {@link Guard} ends all when the supervisor
 *       itself is killed, and the next {@code up} or {@code down} looks again.
 *   <li><b>Out of scope:</b> starting again what died; that is said, not hidden.
 * </ul>
 */
@NullMarked
package io.heddle.cli.up;

import org.jspecify.annotations.NullMarked;
