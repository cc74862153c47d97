/**
 * One event loop and what belongs to it: time, deadlines, buffers, randomness, deferred flushes.
 *
 * <p>Start at {@link Worker}; {@link DeadlineWheel} carries every timeout of its loop.
 *
 * <ul>
 *   <li><b>Threads:</b> all of a worker belongs to its loop, save where a method says otherwise.
 *   <li><b>Invariant:</b> what was written in one turn of the loop is flushed at the end of that
 *       turn.
 *   <li><b>Out of scope:</b> what the timeouts mean.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.loop;

import org.jspecify.annotations.NullMarked;
