/**
 * Brings the state of store and registry to the proxies, and what they say back.
 *
 * <p>Start at {@link Publisher}. {@code NodeDirectory} knows the nodes and their scopes; {@code
 * Containment} gives a proxy that refuses a route table one without the objects that it refuses.
 *
 * <ul>
 *   <li><b>Threads:</b> one writer thread owns the translator and everything derived; store,
 *       registry and streams only queue events for it.
 *   <li><b>Invariant:</b> nothing is served before store and registry were read whole once.
 *   <li><b>Out of scope:</b> the order of pushes and the search for a refused resource among
 *       several ({@code xds.server}).
 * </ul>
 */
@NullMarked
package io.heddle.control.core.publish;

import org.jspecify.annotations.NullMarked;
