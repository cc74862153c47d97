/**
 * Runs one HTTP filter in memory, as the engine would, for tests of built-in filters and of
 * plugins.
 *
 * <p>Start at {@link FilterHarness}.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own; time moves when the test moves it.
 *   <li><b>Invariant:</b> what the filter was promised by the SPI holds here too: order of
 *       callbacks, bounded buffers, nothing after {@code onComplete}.
 *   <li><b>Out of scope:</b> chains of filters, sockets.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.harness;

import org.jspecify.annotations.NullMarked;
