/**
 * Answers preflights and marks responses for pages of other origins (the Fetch standard's CORS
 * protocol).
 *
 * <p>Start at {@link CorsFilter}; {@link CorsPolicy} is what one level of the route says, {@link
 * CorsPolicies} all of them together.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop; policies are immutable.
 *   <li><b>Invariant:</b> without a policy on the route nothing is looked at or changed.
 *   <li><b>Out of scope:</b> refusing requests: the browser does that.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.cors;

import org.jspecify.annotations.NullMarked;
