/**
 * Groups of hosts: their endpoints, breakers, statistics, and connections by event loop.
 *
 * <p>Start at {@link Clusters}, which holds them by name; a {@link Cluster} is a handle that
 * outlives its updates, an {@link EndpointSet} is one immutable state of its endpoints, a {@link
 * HostPool} holds the connections of one loop to one {@link Host}.
 *
 * <ul>
 *   <li><b>Threads:</b> configuration comes on any thread under the registry's lock; endpoints
 *       reach the loops by one volatile write; pools and balancers belong to a loop.
 *   <li><b>Invariant:</b> each attempt reads the endpoints anew, so it never meets a removed one.
 *   <li><b>Out of scope:</b> which cluster a request goes to.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.cluster;

import org.jspecify.annotations.NullMarked;
