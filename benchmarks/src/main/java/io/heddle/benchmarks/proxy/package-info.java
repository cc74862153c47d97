/**
 * Load for the comparison of proxies.
 *
 * <p>Start at {@link OpenLoop}.
 *
 * <ul>
 *   <li><b>Threads:</b> one thread runs a selector and owns every connection.
 *   <li><b>Invariant:</b> a request's latency counts from when it was due, not from when it was
 *       sent.
 *   <li><b>Out of scope:</b> starting and measuring the proxies; {@code benchmarks/proxy/run} does.
 * </ul>
 */
@NullMarked
package io.heddle.benchmarks.proxy;

import org.jspecify.annotations.NullMarked;
