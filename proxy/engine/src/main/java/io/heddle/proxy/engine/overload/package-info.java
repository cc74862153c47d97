/**
 * Refuses early when the process runs short of memory or of room for connections.
 *
 * <p>Start at {@link Overload}, what the loops ask; {@link MemoryGuard} sets it.
 *
 * <ul>
 *   <li><b>Threads:</b> states are volatile; one timer thread looks at memory.
 *   <li><b>Invariant:</b> what is refused is refused before anything was made for it.
 *   <li><b>Out of scope:</b> breakers and rate limits.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.overload;

import org.jspecify.annotations.NullMarked;
