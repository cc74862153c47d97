/**
 * The listener filters that the engine has itself: what they find out is what filter chains are
 * chosen by.
 *
 * <p>Start at {@link BuiltInListenerFilters}.
 *
 * <ul>
 *   <li><b>Threads:</b> a filter runs on the loop of its connection.
 *   <li><b>Invariant:</b> no byte is trusted: lengths are checked before they are used, and what is
 *       asked for is bounded.
 *   <li><b>Out of scope:</b> which chain is chosen.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.inspect;

import org.jspecify.annotations.NullMarked;
