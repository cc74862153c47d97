/**
 * HTTP/1.1 with the client: one connection, its requests one after another.
 *
 * <p>Start at {@link Http1Connection}.
 *
 * <ul>
 *   <li><b>Threads:</b> a connection belongs to the loop that it was registered on.
 *   <li><b>Invariant:</b> one exchange at a time; bytes of the next request wait unread, and
 *       reading stops while they do.
 *   <li><b>Out of scope:</b> what a request means.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.http1;

import org.jspecify.annotations.NullMarked;
