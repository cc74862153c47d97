/**
 * Delays and aborts requests and slows responses down on purpose, to try how a mesh behaves when
 * services are slow or fail.
 *
 * <p>Start at {@link FaultFilterFactory}; {@link FaultConfig} says what is injected, {@link
 * FaultFilter} when.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop; the count of active faults is
 *       shared by the loops.
 *   <li><b>Invariant:</b> the delay comes before the abort; a fault counts as active until its
 *       exchange completes.
 *   <li><b>Out of scope:</b> statistics named after clients, which could be any number.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.fault;

import org.jspecify.annotations.NullMarked;
