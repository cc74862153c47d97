/**
 * Compresses responses, and requests, for whoever takes it.
 *
 * <p>Start at {@link CompressorFilter}; {@link AcceptEncoding} chooses among the compressors of a
 * chain, {@link DirectionRules} says which messages are worth it.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop.
 *   <li><b>Invariant:</b> a body streams: what came in leaves compressed within the same callback.
 *   <li><b>Out of scope:</b> the formats; see {@code compression}.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.compressor;

import org.jspecify.annotations.NullMarked;
