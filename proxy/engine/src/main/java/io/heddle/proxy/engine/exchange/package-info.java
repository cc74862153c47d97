/**
 * One request and its response, from the head's last byte to the access log.
 *
 * <p>Start at {@link Exchange}; {@link HttpChain} is the compiled HTTP connection manager, {@link
 * FilterStage} one filter of one exchange, {@link UpstreamRequest} the router's part.
 *
 * <ul>
 *   <li><b>Threads:</b> an exchange belongs to the loop of its connection; a manager is shared.
 *   <li><b>Invariant:</b> an exchange completes exactly once, whatever breaks, and gives everything
 *       back that it leased, counted or armed.
 *   <li><b>Out of scope:</b> bytes on the wire; that is the connections.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.exchange;

import org.jspecify.annotations.NullMarked;
