/**
 * Puts texts into the filter state, where routes, hash policies and logs find them.
 *
 * <p>Start at {@link SetFilterStateFilterFactory}.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop.
 *   <li><b>Invariant:</b> values are put down in the order of configuration.
 *   <li><b>Out of scope:</b> objects that are not texts; internal connections, which do not exist.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.setfilterstate;

import org.jspecify.annotations.NullMarked;
