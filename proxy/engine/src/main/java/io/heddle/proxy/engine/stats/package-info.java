/**
 * Statistics under Envoy's names, kept per event loop and summed on read.
 *
 * <p>Start at {@link StatsRegistry}; {@link Scope} makes statistics, {@link StatsSnapshot} reads
 * them.
 *
 * <ul>
 *   <li><b>Threads:</b> a loop writes only its own {@link LoopStats} cells, without a lock or a
 *       fence; other threads write to a shared one under a lock. Reading is safe on every thread.
 *   <li><b>Invariant:</b> a name means one statistic for as long as the process lives.
 *   <li><b>Out of scope:</b> what must be exact at the moment of a decision, such as breakers.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.stats;

import org.jspecify.annotations.NullMarked;
