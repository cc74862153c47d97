/**
 * Tests of headers that become metadata.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own; one exchange in memory.
 *   <li><b>Invariant:</b> time moves only when a test says so.
 *   <li><b>Out of scope:</b> sockets.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.headertometadata;

import org.jspecify.annotations.NullMarked;
