/**
 * The admin API of one proxy: readiness, statistics, configuration, drain.
 *
 * <p>Start at {@link AdminServer}; {@link AdminPages} lists the paths, which are Envoy's.
 *
 * <ul>
 *   <li><b>Threads:</b> threads of its own, never an event loop that serves traffic.
 *   <li><b>Invariant:</b> what changes something is done by POST only, and never for a page of
 *       another origin.
 *   <li><b>Out of scope:</b> authentication: the port is bound to loopback unless told otherwise.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app.admin;

import org.jspecify.annotations.NullMarked;
