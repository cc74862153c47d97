/**
 * Sends the requests of a session to the host that served the first of them.
 *
 * <p>Start at {@link StatefulSessionFilterFactory}; {@link SessionState} is where a session's host
 * is written: a cookie, a header, or within a header of the upstream's.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop.
 *   <li><b>Invariant:</b> a client can only ask for hosts of the cluster that its route chose.
 *   <li><b>Out of scope:</b> which hosts may be asked for, which the cluster decides.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.statefulsession;

import org.jspecify.annotations.NullMarked;
