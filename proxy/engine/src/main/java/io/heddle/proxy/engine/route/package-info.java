/**
 * Route tables, compiled, and what a route does to headers.
 *
 * <p>Start at {@link CompiledRoutes}; a {@link CompiledRoute} is what an exchange pins.
 *
 * <ul>
 *   <li><b>Threads:</b> everything compiled is immutable and shared by all event loops.
 *   <li><b>Invariant:</b> the first matching route of the most specific virtual host is taken, as
 *       in Envoy.
 *   <li><b>Out of scope:</b> sending the request anywhere.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.route;

import org.jspecify.annotations.NullMarked;
