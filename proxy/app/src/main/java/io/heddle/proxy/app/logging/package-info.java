/**
 * The proxy's own log: short lines on standard error, with a level that can change at run time.
 *
 * <p>Start at {@link LogLevel}.
 *
 * <ul>
 *   <li><b>Threads:</b> any; one line is one write.
 *   <li><b>Invariant:</b> a stack trace is shown at level debug only.
 *   <li><b>Out of scope:</b> access logs.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app.logging;

import org.jspecify.annotations.NullMarked;
