/**
 * Measures how fast one endpoint change reaches many proxies over xDS, on our server and on others.
 *
 * <p>Start at {@link FanOut}, which drives the servers and holds the client; {@link Fleet} is the
 * proxies of one server, and {@link HeddleServer} ours.
 *
 * <ul>
 *   <li><b>Threads:</b> the client's proxies on one event loop; every server in a process of its
 *       own, as a control plane runs it.
 *   <li><b>Invariant:</b> a round is over when every stream has received the change; the next
 *       begins after a pause in which acknowledgements arrive.
 *   <li><b>Out of scope:</b> what a proxy does with what it receives.
 * </ul>
 */
@NullMarked
package io.heddle.benchmarks.xds;

import org.jspecify.annotations.NullMarked;
