/**
 * Finds what is wrong with objects that are each valid: what they say together.
 *
 * <p>Start at {@link Analysis}; {@link FindingCode} lists what can be found.
 *
 * <ul>
 *   <li><b>Threads:</b> everything here is immutable, or used by the thread that made it.
 *   <li><b>Invariant:</b> nothing is asked but the objects and instances that are handed in, so
 *       that files can be judged without a control plane.
 *   <li><b>Out of scope:</b> documents that cannot be read ({@code control.api.document}), and
 *       whether a proxy takes what becomes of the objects.
 * </ul>
 */
@NullMarked
package io.heddle.control.api.analysis;

import org.jspecify.annotations.NullMarked;
