/**
 * Refuses requests when the machine has no processor time left, or the proxy's event loops come
 * late: the last line of defence, before a service that nothing else has spared.
 *
 * <p>Start at {@link ShedFilterFactory}; {@link Capacity} knows how many requests the service can
 * have at once, {@link Priority} who goes first.
 *
 * <ul>
 *   <li><b>Threads:</b> runs on event loops; one capacity for all of them, whose counts are atomic.
 *   <li><b>Invariant:</b> nothing is refused while neither processors nor loops are busy and no
 *       limit of one's own is reached; health checks never are.
 *   <li><b>Out of scope:</b> limits on the client's side, and those shared between proxies.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.shed;

import org.jspecify.annotations.NullMarked;
