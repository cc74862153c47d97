/**
 * Talks to the control plane's REST API.
 *
 * <p>Start at {@link ControlPlane}.
 *
 * <ul>
 *   <li><b>Threads:</b> blocks the caller.
 *   <li><b>Invariant:</b> an answer that is no JSON object, or too long, is an error by name.
 *   <li><b>Out of scope:</b> what the objects mean.
 * </ul>
 */
@NullMarked
package io.heddle.cli.api;

import org.jspecify.annotations.NullMarked;
