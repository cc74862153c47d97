/**
 * HTTP filters behind a decision: skipped, or chosen, by what the request's headers and its
 * connection say ({@code envoy.filters.http.match_delegate}, {@code envoy.filters.http.composite}).
 *
 * <p>Start at {@link MatchedFilterFactory}; {@link MatchedFilter} is what an exchange has.
 *
 * <ul>
 *   <li><b>Threads:</b> configurations are immutable; a filter belongs to the exchange's loop.
 *   <li><b>Invariant:</b> a decision is made once an exchange, when the filter sees the request.
 *   <li><b>Out of scope:</b> decisions that wait for the response.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.matched;

import org.jspecify.annotations.NullMarked;
