/**
 * What finding a route costs, by the kind and the number of routes.
 *
 * <p>Start at {@link io.heddle.benchmarks.routes.RouteLookup}.
 *
 * <ul>
 *   <li><b>Threads:</b> one.
 *   <li><b>Invariant:</b> the request always takes the last route of the table, and this is
 *       checked.
 *   <li><b>Out of scope:</b> the rest of a request's way; {@code benchmarks/proxy/run} measures it.
 * </ul>
 */
@NullMarked
package io.heddle.benchmarks.routes;

import org.jspecify.annotations.NullMarked;
