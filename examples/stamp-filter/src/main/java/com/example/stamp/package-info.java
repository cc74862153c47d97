/**
 * An example of an HTTP filter built outside of the proxy: it stamps what passes.
 *
 * <p>Start at {@link StampFilterFactory}, which the proxy finds in the jar; {@link StampFilter}
 * sees the exchanges; {@link StampConfig} is what the two share.
 *
 * <ul>
 *   <li><b>Threads:</b> all callbacks of one filter on one event loop; nothing blocks.
 *   <li><b>Invariant:</b> after a reset nothing of the exchange is touched.
 *   <li><b>Out of scope:</b> compressed bodies, which are passed on as they are.
 * </ul>
 */
@NullMarked
package com.example.stamp;

import org.jspecify.annotations.NullMarked;
