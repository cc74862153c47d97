/**
 * Measures how fast one endpoint change reaches many proxies over xDS.
 *
 * <p>Start at {@link FanOut}, which serves and measures; {@link FanOutClient} is the process that
 * plays all proxies.
 *
 * <ul>
 *   <li><b>Threads:</b> the server as a control plane runs it; the client on one event loop.
 *   <li><b>Invariant:</b> a round is over when every stream has received the change, and the next
 *       begins only when every stream has acknowledged it.
 *   <li><b>Out of scope:</b> what a proxy does with what it receives.
 * </ul>
 */
@NullMarked
package io.heddle.benchmarks.xds;

import org.jspecify.annotations.NullMarked;
