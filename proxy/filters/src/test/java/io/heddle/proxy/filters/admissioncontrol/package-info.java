/**
 * Tests of the filter in memory.
 *
 * <p>Start at the test named after the filter; {@link
 * io.heddle.proxy.filters.harness.FilterHarness} plays the engine.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own.
 *   <li><b>Invariant:</b> time moves only when a test moves it.
 *   <li><b>Out of scope:</b> sockets.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.admissioncontrol;

import org.jspecify.annotations.NullMarked;
