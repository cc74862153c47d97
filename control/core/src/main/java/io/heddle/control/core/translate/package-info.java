/**
 * Turns objects, registered instances and facts about nodes into xDS resources, by scope.
 *
 * <p>Start at {@link Translator}, which is told what changed and answers with what became different
 * ({@link Translation}). {@link RouteBinder} decides what an HTTPRoute attaches to, {@code
 * OutboundTable} and {@code GatewayTable} put routes in order, {@code HttpListeners}, {@code
 * Clusters} and {@code Endpoints} write the other types.
 *
 * <ul>
 *   <li><b>Threads:</b> a translator belongs to one thread; all else here is immutable.
 *   <li><b>Invariant:</b> what is produced depends on the present inputs only: not on the order in
 *       which they came, the time, or the machine.
 *   <li><b>Out of scope:</b> where inputs come from, and sending what was produced.
 * </ul>
 */
@NullMarked
package io.heddle.control.core.translate;

import org.jspecify.annotations.NullMarked;
