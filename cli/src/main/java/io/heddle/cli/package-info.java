/**
 * The {@code heddle} command: one class a verb.
 *
 * <p>Start at {@link Heddle}, which lists the verbs; a verb's class is loaded when it is called.
 *
 * <ul>
 *   <li><b>Threads:</b> a verb runs on the main thread.
 *   <li><b>Invariant:</b> data goes to standard output, everything else to standard error; the exit
 *       code is one of {@link ExitCode}, whatever the output format.
 *   <li><b>Out of scope:</b> parsing and judging documents, which is the control plane's work.
 * </ul>
 */
@NullMarked
package io.heddle.cli;

import org.jspecify.annotations.NullMarked;
