/**
 * Starts, records, recognises and ends processes.
 *
 * <p>Start at {@link RunFolder}: one file for each process that {@code heddle up} started. {@link
 * ProcessEnder} ends them.
 *
 * <ul>
 *   <li><b>Threads:</b> blocks the caller.
 *   <li><b>Invariant:</b> nothing is signalled before its start time and command, or the mark in
 *       its environment, proved that it is ours; a process id alone proves nothing, as it is used
 *       again.
 *   <li><b>Out of scope:</b> which processes there are, and in which order.
 * </ul>
 */
@NullMarked
package io.heddle.cli.process;

import org.jspecify.annotations.NullMarked;
