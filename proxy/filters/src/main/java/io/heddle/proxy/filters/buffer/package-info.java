/**
 * Holds a request until it is whole, so that a slow client does not occupy the service.
 *
 * <p>Start at {@link BufferFilterFactory}.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop.
 *   <li><b>Invariant:</b> never holds more than {@code max_request_bytes}.
 *   <li><b>Out of scope:</b> responses.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.buffer;

import org.jspecify.annotations.NullMarked;
