/**
 * Decompresses bodies for whoever cannot.
 *
 * <p>Start at {@link DecompressorFilter}.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop.
 *   <li><b>Invariant:</b> a body that cannot be decoded, or grows beyond the allowed ratio, ends
 *       its exchange.
 *   <li><b>Out of scope:</b> the formats; see {@code compression}.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.decompressor;

import org.jspecify.annotations.NullMarked;
