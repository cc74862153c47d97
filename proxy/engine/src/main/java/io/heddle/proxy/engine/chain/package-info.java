/**
 * HTTP filters as configuration has them, before there is an exchange.
 *
 * <p>Start at {@link FilterEntry}.
 *
 * <ul>
 *   <li><b>Threads:</b> immutable.
 *   <li><b>Invariant:</b> what a filter did not ask for is decided once, when it is configured.
 *   <li><b>Out of scope:</b> running them; that is the exchange.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.chain;

import org.jspecify.annotations.NullMarked;
