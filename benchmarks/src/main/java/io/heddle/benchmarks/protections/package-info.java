/**
 * What each protection costs a request that it lets go.
 *
 * <p>Start at {@link io.heddle.benchmarks.protections.ProtectionCost}.
 *
 * <ul>
 *   <li><b>Threads:</b> one, then several that share a configuration.
 *   <li><b>Invariant:</b> processor time of the thread that measures, the best of five turns.
 *   <li><b>Out of scope:</b> the engine; {@code benchmarks/proxy/run} measures it.
 * </ul>
 */
@NullMarked
package io.heddle.benchmarks.protections;

import org.jspecify.annotations.NullMarked;
