/**
 * Says where a request would go, and why, by reading configuration; nothing is sent.
 *
 * <p>Start at {@link Explainer}; {@link Configuration} is what it reads, {@link Explanation} what
 * it says.
 *
 * <ul>
 *   <li><b>Threads:</b> everything here is immutable, or used by the thread that made it.
 *   <li><b>Invariant:</b> resources are read by the same parser as in the data plane, and a route
 *       is tried as its documentation says, one after the other. A test holds that against what the
 *       data plane compiles.
 *   <li><b>Out of scope:</b> what only a running proxy knows: its own health checks, ejected hosts,
 *       runtime overrides, dynamic metadata and filter state.
 * </ul>
 */
@NullMarked
package io.heddle.control.core.explain;

import org.jspecify.annotations.NullMarked;
