/**
 * Measurements that are run by hand, never as tests.
 *
 * <p>Start at {@code benchmarks/proxy/run} and {@code benchmarks/xds/run}; figures are recorded in
 * {@code docs/performance.md}.
 *
 * <ul>
 *   <li><b>Threads:</b> each program says.
 *   <li><b>Invariant:</b> traffic goes to loopback only, and every loop is bounded.
 *   <li><b>Out of scope:</b> judging; the scripts print ratios of what ran side by side.
 * </ul>
 */
@NullMarked
package io.heddle.benchmarks;

import org.jspecify.annotations.NullMarked;
