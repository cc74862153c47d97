/**
 * Refuses requests on the client's side while too many of those that were let go failed: a service
 * that does not answer is spared more of what it cannot do.
 *
 * <p>Start at {@link AdmissionControlFilterFactory}; {@link SuccessWindow} counts, {@link
 * AdmissionControlConfig} holds the formula.
 *
 * <ul>
 *   <li><b>Threads:</b> runs on event loops; one window for all of them, whose counts are striped
 *       adders and whose seconds are changed by compare-and-set.
 *   <li><b>Invariant:</b> what was refused is not counted, so that refusals cannot feed themselves.
 *   <li><b>Out of scope:</b> a window for each host or route.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.admissioncontrol;

import org.jspecify.annotations.NullMarked;
